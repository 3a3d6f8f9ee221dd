// In the programs of the release build it takes the place of REPLACED_FUNCTION, which is
// WireFormatLite::VerifyUtf8String: CMakeLists.txt tells the linker so. Protobuf checks every text
// again when it writes a message, and if it finds invalid UTF-8 it only logs. Our texts were
// checked when they were read, from callers by Protobuf and from the gateway by the JSON mapper,
// and the second look costs a twentieth of all that an order takes. The other builds keep it.
// Should a version of Protobuf give the function another name, nothing is replaced, and nothing
// breaks.

#include "google/protobuf/wire_format_lite.h"

using google::protobuf::internal::WireFormatLite;

bool CheckedUtf8(const char* data, int size, WireFormatLite::Operation operation,
                 const char* field_name) asm("__real_" REPLACED_FUNCTION);

bool UncheckedUtf8(const char* data, int size, WireFormatLite::Operation operation,
                   const char* field_name) asm("__wrap_" REPLACED_FUNCTION);

bool UncheckedUtf8(const char* data, int size, WireFormatLite::Operation operation,
                   const char* field_name) {
  return operation == WireFormatLite::SERIALIZE || CheckedUtf8(data, size, operation, field_name);
}
