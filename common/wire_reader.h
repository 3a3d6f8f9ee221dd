// Reads a serialised message without making a message of it: for whoever wants little of it, or
// wants it fast. Called by the JSON encoder, the normaliser of requests and the duplicate guard.

#ifndef ORDER1688_COMMON_WIRE_READER_H_
#define ORDER1688_COMMON_WIRE_READER_H_

#include <cstddef>
#include <cstdint>
#include <limits>

#include "absl/strings/string_view.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace order1688 {

// Goes over the fields of one message in the order in which they stand there. Protobuf writes them
// by number, and behind them those that the message's type does not know. Copies nothing: the bytes
// must outlive the reader and what it gives.
class WireReader {
 public:
  explicit WireReader(absl::string_view bytes) : left_(bytes) { Next(); }

  // Number and wire type of the present field, as WireFormat::MakeTag makes them. 0: the end, or
  // what is no field.
  uint32_t tag() const { return tag_; }

  // Each reads the present field and goes on to the next. False: it is of another wire type or cut
  // off, and nothing more can be read.
  // TakeNumber: a varint, or the bits of a double.
  bool TakeNumber(uint64_t* value) {
    const bool taken = IsOfType(WireType::WIRETYPE_FIXED64)
                           ? ReadFixed64(value)
                           : IsOfType(WireType::WIRETYPE_VARINT) && ReadVarint(value);
    return taken && Next();
  }
  // TakeBytes: a text or a message, or repeated numbers in one piece.
  bool TakeBytes(absl::string_view* value) {
    uint64_t size = 0;
    if (!IsOfType(WireType::WIRETYPE_LENGTH_DELIMITED) || !ReadVarint(&size)) return false;
    if (size > left_.size()) return false;
    *value = left_.substr(0, size);
    left_.remove_prefix(size);
    return Next();
  }

 private:
  using CodedInputStream = google::protobuf::io::CodedInputStream;
  using WireType = google::protobuf::internal::WireFormatLite::WireType;

  bool IsOfType(WireType type) const { return (tag_ & 7U) == static_cast<uint32_t>(type); }
  const uint8_t* At() const { return reinterpret_cast<const uint8_t*>(left_.data()); }

  bool Next() {
    uint64_t tag = 0;
    const bool is_field =
        !left_.empty() && ReadVarint(&tag) && tag <= std::numeric_limits<uint32_t>::max();
    tag_ = is_field ? static_cast<uint32_t>(tag) : 0;
    return true;
  }

  bool ReadFixed64(uint64_t* value) {
    if (left_.size() < sizeof(*value)) return false;
    CodedInputStream::ReadLittleEndian64FromArray(At(), value);
    left_.remove_prefix(sizeof(*value));
    return true;
  }

  // Nearly every one is of one byte.
  bool ReadVarint(uint64_t* value) {
    if (left_.empty() || *At() >= 0x80) return ReadLongVarint(value);
    *value = *At();
    left_.remove_prefix(1);
    return true;
  }

  bool ReadLongVarint(uint64_t* value) {
    CodedInputStream in(At(), static_cast<int>(left_.size()));
    if (!in.ReadVarint64(value)) return false;
    left_.remove_prefix(static_cast<size_t>(in.CurrentPosition()));
    return true;
  }

  absl::string_view left_;
  uint32_t tag_ = 0;
};

// The bytes of the first field with this tag; empty if there is none. A view into `message`.
inline absl::string_view FirstField(absl::string_view message, uint32_t tag) {
  uint64_t number = 0;
  absl::string_view bytes;
  for (WireReader reader(message); reader.tag() != 0;) {
    const bool is_it = reader.tag() == tag;
    if (!reader.TakeBytes(&bytes) && !reader.TakeNumber(&number)) break;
    if (is_it) return bytes;
  }
  return "";
}

}  // namespace order1688

#endif  // ORDER1688_COMMON_WIRE_READER_H_
