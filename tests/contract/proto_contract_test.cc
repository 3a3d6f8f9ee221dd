// Holds the protos against the gateway's field table (rest_paths.txt): every REST path has a field
// of the right type, and no field is without a path. The mapper is driven by json_name alone, so
// what passes here is what it reads and writes.

#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "order1688/v1/order.pb.h"
#include "order1688/v1/order_batch.pb.h"
#include "order1688/wire/v1/batch_create_answer.pb.h"
#include "tests/support/project_paths.h"

namespace order1688 {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr char kRequestRoot[] = "request.body.";
constexpr char kElement[] = "[]";
// No source shows what is in here; the shape of data[].extAttributes[] is assumed.
constexpr char kAssumedBlock[] = "data[].productItems[].extAttributes[].";

bool StartsWith(const std::string& text, const std::string& prefix) {
  return text.rfind(prefix, 0) == 0;
}

bool EndsWith(const std::string& text, const std::string& suffix) {
  return text.size() >= suffix.size() &&
         text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

// Messages that stand for one JSON value and have no keys of their own.
bool IsLeafMessage(const Descriptor* message) {
  return message->full_name() == "order1688.v1.Money" ||
         message->full_name() == "google.protobuf.Timestamp";
}

bool HasKeys(const FieldDescriptor* field) {
  return field->type() == FieldDescriptor::TYPE_MESSAGE && !IsLeafMessage(field->message_type());
}

void CollectMessages(const Descriptor* message, std::set<const Descriptor*>* found) {
  if (IsLeafMessage(message) || !found->insert(message).second) return;
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    if (field->type() == FieldDescriptor::TYPE_MESSAGE)
      CollectMessages(field->message_type(), found);
  }
}

std::set<const Descriptor*> AnswerMessages() {
  std::set<const Descriptor*> found;
  CollectMessages(wire::v1::BatchCreateAnswer::descriptor(), &found);
  return found;
}

std::set<const Descriptor*> AllMessages() {
  std::set<const Descriptor*> found = AnswerMessages();
  CollectMessages(v1::OrderBatch::descriptor(), &found);
  return found;
}

// Every REST path that the fields below `message` make, with its field; the path of a list has no
// [].
void CollectPaths(const Descriptor* message, const std::string& prefix,
                  std::map<std::string, const FieldDescriptor*>* paths) {
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    const std::string path = prefix + field->json_name();
    (*paths)[path] = field;
    if (!HasKeys(field)) continue;
    CollectPaths(field->message_type(), path + (field->is_repeated() ? "[]." : "."), paths);
  }
}

const std::map<std::string, const FieldDescriptor*>& FieldsByPath() {
  static const auto& paths = *[] {
    auto* collected = new std::map<std::string, const FieldDescriptor*>;
    CollectPaths(v1::OrderBatch::descriptor(), kRequestRoot, collected);
    CollectPaths(wire::v1::BatchCreateAnswer::descriptor(), "", collected);
    return collected;
  }();
  return paths;
}

struct Row {
  std::string path;
  std::string kind;
};

const std::vector<Row>& Table() {
  static const auto& table = *[] {
    auto* rows = new std::vector<Row>;
    std::ifstream file(SourceFile("tests/contract/rest_paths.txt"));
    std::string line;
    while (std::getline(file, line)) {
      if (line.empty() || line[0] == '#') continue;
      std::istringstream words(line);
      Row row;
      words >> row.path >> row.kind;
      rows->push_back(row);
    }
    return rows;
  }();
  return table;
}

// The field of a row. The row of a list element (it ends with []) has the list's field.
const FieldDescriptor* FieldOf(const Row& row) {
  const std::string path =
      EndsWith(row.path, kElement) ? row.path.substr(0, row.path.size() - 2) : row.path;
  const auto found = FieldsByPath().find(path);
  return found == FieldsByPath().end() ? nullptr : found->second;
}

// The kind of row that a field can serve, in the words of rest_paths.txt. Text that holds a decimal
// and money in yuan or fen look alike in a descriptor: "text" serves decimal too, "money" yuan and
// fen.
std::string KindOf(const FieldDescriptor* field) {
  switch (field->type()) {
    case FieldDescriptor::TYPE_STRING:
      return field->is_repeated() ? "texts" : "text";
    case FieldDescriptor::TYPE_INT32:
      return "int32";
    case FieldDescriptor::TYPE_INT64:
      return "int64";
    case FieldDescriptor::TYPE_DOUBLE:
      return "double";
    case FieldDescriptor::TYPE_BOOL:
      return "bool";
    case FieldDescriptor::TYPE_MESSAGE:
      if (field->message_type()->full_name() == "order1688.v1.Money") return "money";
      if (field->message_type()->full_name() == "google.protobuf.Timestamp") return "time";
      return field->is_repeated() ? "objects" : "object";
    default:
      return field->type_name();
  }
}

std::string WantedKind(const Row& row) {
  if (EndsWith(row.path, kElement)) return row.kind + "s";
  if (row.kind == "decimal") return "text";
  if (row.kind == "yuan" || row.kind == "fen") return "money";
  return row.kind;
}

TEST(ProtoContractTest, EveryFieldNamesItsRestKey) {
  for (const Descriptor* message : AllMessages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      EXPECT_TRUE(message->field(i)->has_json_name()) << message->field(i)->full_name();
    }
  }
}

TEST(ProtoContractTest, NoJsonNameIsAnotherFieldsName) {
  for (const Descriptor* message : AllMessages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* field = message->field(i);
      for (int j = 0; j < message->field_count(); ++j) {
        if (i == j) continue;
        const FieldDescriptor* other = message->field(j);
        const std::string where = field->full_name() + " and " + other->full_name();
        EXPECT_NE(field->json_name(), other->json_name()) << where;
        EXPECT_NE(field->json_name(), other->name()) << where;
        EXPECT_NE(field->json_name(), other->camelcase_name()) << where;
      }
    }
  }
}

TEST(ProtoContractTest, OnlyTheOrderedQuantityIsFloatingPoint) {
  std::vector<std::string> found;
  for (const Descriptor* message : AllMessages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* field = message->field(i);
      const auto type = field->cpp_type();
      if (type == FieldDescriptor::CPPTYPE_DOUBLE || type == FieldDescriptor::CPPTYPE_FLOAT) {
        found.push_back(field->full_name());
      }
    }
  }
  EXPECT_EQ(found, std::vector<std::string>{"order1688.v1.Cargo.quantity"});
}

TEST(ProtoContractTest, UnsetDiffersFromZeroInEveryAnswerField) {
  for (const Descriptor* message : AnswerMessages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* field = message->field(i);
      EXPECT_TRUE(field->is_repeated() || field->has_presence()) << field->full_name();
    }
  }
}

TEST(ProtoContractTest, RequestKeysStandInTheSamplesOrder) {
  const auto keys = [](const Descriptor* message) {
    std::vector<std::string> names;
    for (int i = 0; i < message->field_count(); ++i) {
      EXPECT_EQ(message->field(i)->number(), i + 1) << message->field(i)->full_name();
      names.push_back(message->field(i)->json_name());
    }
    return names;
  };
  const std::vector<std::string> body = keys(v1::OrderBatch::descriptor());
  ASSERT_GE(body.size(), 3u);
  EXPECT_EQ(std::vector<std::string>(body.begin(), body.begin() + 3),
            (std::vector<std::string>{"flow", "addressParam", "cargoParamList"}));
  EXPECT_EQ(keys(v1::Address::descriptor()),
            (std::vector<std::string>{"fullName", "mobile", "phone", "postCode", "cityText",
                                      "provinceText", "areaText", "townText", "address",
                                      "districtCode"}));
  EXPECT_EQ(keys(v1::Cargo::descriptor()),
            (std::vector<std::string>{"offerMapId", "specId", "quantity", "sellerOpenId",
                                      "productNo", "container", "offerId"}));
}

TEST(ProtoContractTest, EveryRestPathHasAFieldOfItsKind) {
  int leaves = 0;
  std::set<std::string> seen;
  for (const Row& row : Table()) {
    EXPECT_TRUE(seen.insert(row.path).second) << row.path << " stands twice in the table";
    const FieldDescriptor* field = FieldOf(row);
    if (field == nullptr) {
      ADD_FAILURE() << row.path << " has no field";
      continue;
    }
    EXPECT_EQ(KindOf(field), WantedKind(row)) << row.path << " as " << field->full_name();
    const bool is_element = EndsWith(row.path, kElement);
    if (!is_element && !HasKeys(field)) ++leaves;
  }
  EXPECT_EQ(Table().size(), 492u);
  EXPECT_EQ(leaves, 447);
}

TEST(ProtoContractTest, EveryFieldHasARestPath) {
  std::set<std::string> rows;
  for (const Row& row : Table()) rows.insert(row.path);
  for (const auto& [path, field] : FieldsByPath()) {
    if (StartsWith(path, kAssumedBlock)) continue;
    // A block without a row of its own is known by the rows below it; in the sorted set, they come
    // at "path.".
    const auto below = rows.lower_bound(path + ".");
    const bool is_block = HasKeys(field) && below != rows.end() && StartsWith(*below, path + ".");
    EXPECT_TRUE(rows.count(path) > 0 || is_block)
        << path << " (" << field->full_name() << ") is not in the table";
  }
}

// Callers of other teams know the REST API: each field's comment must tell them which key it is,
// and in which unit the gateway sends an amount.
TEST(ProtoContractTest, EveryCommentNamesTheRestPathAndTheUnitOfMoney) {
  google::protobuf::compiler::DiskSourceTree tree;
  tree.MapPath("", SourceFile("protos"));
  google::protobuf::DescriptorPoolDatabase linked(
      *google::protobuf::DescriptorPool::generated_pool());
  google::protobuf::compiler::SourceTreeDescriptorDatabase sources(&tree, &linked);
  google::protobuf::DescriptorPool pool(&sources);
  for (const Row& row : Table()) {
    const FieldDescriptor* field = FieldOf(row);
    if (field == nullptr || EndsWith(row.path, kElement)) continue;
    ASSERT_NE(pool.FindFileByName(field->file()->name()), nullptr) << field->file()->name();
    const FieldDescriptor* written = pool.FindFieldByName(field->full_name());
    ASSERT_NE(written, nullptr) << field->full_name();
    google::protobuf::SourceLocation source;
    ASSERT_TRUE(written->GetSourceLocation(&source)) << field->full_name();
    const size_t rest = source.leading_comments.find("REST: ");
    ASSERT_NE(rest, std::string::npos) << field->full_name();
    std::istringstream after_rest(source.leading_comments.substr(rest));
    std::set<std::string> words;
    std::string word;
    while (after_rest >> word) words.insert(word.substr(0, word.find_last_not_of(".,") + 1));
    const bool of_request = StartsWith(row.path, kRequestRoot);
    const std::string path = of_request ? row.path.substr(sizeof(kRequestRoot) - 1) : row.path;
    EXPECT_EQ(words.count(path), 1u) << field->full_name() << " does not name " << path;
    if (row.kind != "yuan" && row.kind != "fen") continue;
    EXPECT_EQ(words.count("(" + row.kind + ")") + words.count("(" + row.kind), 1u)
        << field->full_name() << " does not say that the gateway sends " << row.kind;
  }
}

}  // namespace
}  // namespace order1688
