// Reads a serialised message without making a message of it: for whoever wants little of it, or
// wants it fast. Called by the JSON encoder and by the normaliser of requests.

#ifndef ORDER1688_COMMON_WIRE_READER_H_
#define ORDER1688_COMMON_WIRE_READER_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace order1688 {

// Goes over the fields of one message in the order in which they stand there. Protobuf writes them
// by number, and behind them those that the message's type does not know. Copies nothing: the bytes
// must outlive the reader and what it gives.
class WireReader {
 public:
  explicit WireReader(absl::string_view bytes)
      : in_(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size())) {
    Next();
  }

  // Number and wire type of the present field, as WireFormat::MakeTag makes them. 0: the end, or
  // what is no field.
  uint32_t tag() const { return tag_; }

  // Each reads the present field and goes on to the next. False: it is of another wire type or cut
  // off, and nothing more can be read.
  // TakeNumber: a varint, or the bits of a double.
  bool TakeNumber(uint64_t* value) {
    const bool taken = IsOfType(WireType::WIRETYPE_FIXED64)
                           ? in_.ReadLittleEndian64(value)
                           : IsOfType(WireType::WIRETYPE_VARINT) && in_.ReadVarint64(value);
    return taken && Next();
  }
  // TakeBytes: a text or a message, or repeated numbers in one piece.
  bool TakeBytes(absl::string_view* value) {
    int size = 0;
    const void* at = nullptr;
    int left = 0;
    if (!IsOfType(WireType::WIRETYPE_LENGTH_DELIMITED) || !in_.ReadVarintSizeAsInt(&size))
      return false;
    in_.GetDirectBufferPointerInline(&at, &left);
    if (size > left) return false;
    *value = absl::string_view(static_cast<const char*>(at), static_cast<size_t>(size));
    return in_.Skip(size) && Next();
  }

 private:
  using WireType = google::protobuf::internal::WireFormatLite::WireType;

  bool IsOfType(WireType type) const { return (tag_ & 7U) == static_cast<uint32_t>(type); }

  bool Next() {
    tag_ = in_.ReadTagNoLastTag();
    return true;
  }

  google::protobuf::io::CodedInputStream in_;
  uint32_t tag_ = 0;
};

}  // namespace order1688

#endif  // ORDER1688_COMMON_WIRE_READER_H_
