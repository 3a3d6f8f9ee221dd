// What server reflection answers, for both of its versions: their messages differ in their package
// only.
#ifndef ORDER1688_SERVER_OPS_REFLECTION_ANSWER_H_
#define ORDER1688_SERVER_OPS_REFLECTION_ANSWER_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/support/status_code_enum.h"

namespace order1688 {

// Adds `file` and all that it imports to `response`, each once, the file itself first.
template <typename Response>
void AddFileWithImports(const google::protobuf::FileDescriptor& file,
                        absl::flat_hash_set<const google::protobuf::FileDescriptor*>* seen,
                        Response* response) {
  if (!seen->insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  // As protoc writes them: CopyTo gives the declared ones only, and grpcurl prints a field that has
  // none under its proto name.
  file.CopyJsonNameTo(&proto);
  response->mutable_file_descriptor_response()->add_file_descriptor_proto(
      proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddFileWithImports(*file.dependency(i), seen, response);
  }
}

template <typename Response>
void SetNotFound(const char* what, Response* response) {
  response->mutable_error_response()->set_error_code(grpc::StatusCode::NOT_FOUND);
  response->mutable_error_response()->set_error_message(what);
}

template <typename Response>
void AnswerFile(const google::protobuf::FileDescriptor* file, const char* not_found,
                Response* response) {
  if (file == nullptr) return SetNotFound(not_found, response);
  absl::flat_hash_set<const google::protobuf::FileDescriptor*> seen;
  AddFileWithImports(*file, &seen, response);
}

// Answers one request from `pool`. What cannot be answered becomes an error_response; the stream
// goes on.
template <typename Request, typename Response>
Response AnswerReflection(const google::protobuf::DescriptorPool& pool,
                          const std::vector<std::string>& service_names, const Request& request) {
  Response response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kListServices:
      for (const std::string& name : service_names) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    case Request::kFileByFilename:
      AnswerFile(pool.FindFileByName(request.file_by_filename()), "no such file", &response);
      break;
    case Request::kFileContainingSymbol:
      AnswerFile(pool.FindFileContainingSymbol(request.file_containing_symbol()), "no such symbol",
                 &response);
      break;
    case Request::kFileContainingExtension: {
      const auto& wanted = request.file_containing_extension();
      const auto* type = pool.FindMessageTypeByName(wanted.containing_type());
      const auto* extension =
          type == nullptr ? nullptr : pool.FindExtensionByNumber(type, wanted.extension_number());
      AnswerFile(extension == nullptr ? nullptr : extension->file(), "no such extension",
                 &response);
      break;
    }
    case Request::kAllExtensionNumbersOfType: {
      const auto* type = pool.FindMessageTypeByName(request.all_extension_numbers_of_type());
      if (type == nullptr) {
        SetNotFound("no such message", &response);
        break;
      }
      std::vector<const google::protobuf::FieldDescriptor*> extensions;
      pool.FindAllExtensions(type, &extensions);
      auto* numbers = response.mutable_all_extension_numbers_response();
      numbers->set_base_type_name(request.all_extension_numbers_of_type());
      for (const auto* extension : extensions) numbers->add_extension_number(extension->number());
      break;
    }
    case Request::MESSAGE_REQUEST_NOT_SET:
      response.mutable_error_response()->set_error_code(grpc::StatusCode::INVALID_ARGUMENT);
      response.mutable_error_response()->set_error_message("message_request is not set");
      break;
  }
  return response;
}

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_REFLECTION_ANSWER_H_
