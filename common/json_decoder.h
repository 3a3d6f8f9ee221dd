// The gateway's JSON text as a message, with an account of everything that did not fit. Called with
// what the gateway sent, whatever it is; the opposite of json_encoder.h.

#ifndef ORDER1688_COMMON_JSON_DECODER_H_
#define ORDER1688_COMMON_JSON_DECODER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/json_plan.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace order1688 {

// Nothing in it repeats a value of the document, so all of it may be logged. A path names keys and
// array indexes: data[0].baseInfo.newKey. An unknown key that does not look like a name (at most 64
// letters, digits, '_', '-', '$') is written as ?, because it could be personal data.
struct DecodeReport {
  // The whole text was one JSON object and was read to its end.
  bool complete = false;
  // If not complete: what and where, e.g. "syntax error at byte 812 after data[0].baseInfo.status".
  std::string problem;
  // Keys that the schema does not know, without what stands below them. The first 100.
  std::vector<std::string> unmapped;
  // Leaves that could not be read exactly, and objects and arrays where the schema has none: left
  // unset. Also a second, different value of a key: of a leaf neither is kept, of an object or
  // array the first. The first 100.
  std::vector<std::string> unreadable;
  // How many there were in all.
  int64_t total_unmapped = 0;
  int64_t total_unreadable = 0;
};

// Clears `message`, whose type must be the one that `plan` was compiled from, and fills it from
// `json`.
//
// What is taken: a number for a string (its text, digit by digit) and a string for a number;
// "true", "false", 1 and 0 for a boolean; 5.0 for an integer; an amount with at most nine decimals;
// the four forms of a time. One object or leaf where the schema has an array is its one element.
// null, an empty array, and "" for anything but a string mean nothing. Numbers never pass through a
// double (but for a field of type double).
//
// What goes wrong stays where it is: a bad leaf, invalid UTF-8, NaN or 1e400 is listed, and what
// follows is read (json_repair.h). Only broken structure, nesting deeper than 32 or more than
// 20,000 objects end the reading; what was read until then stays in the message, except a number
// that the end of the text may have cut.
//
// Never fails, crashes or hangs, for any bytes; linear in their length. Thread-safe; keeps nothing.
DecodeReport DecodeJson(const JsonPlan& plan, absl::string_view json,
                        google::protobuf::Message* message);

}  // namespace order1688

#endif  // ORDER1688_COMMON_JSON_DECODER_H_
