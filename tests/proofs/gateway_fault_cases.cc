#include "tests/proofs/gateway_fault_cases.h"

#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

using Cases = std::vector<GatewayFaultCase>;

// The sandbox's answer to one line: 148 bytes of head, then the body, in which `subItemIDString`
// stands at about byte 2357, `id` at 3135 and `idOfStr` at 3729.
constexpr int kHeadBytes = 148;
constexpr int kInsideTheSubId = 2380;
constexpr int kBetweenTheIds = 3400;
constexpr int kInsideTheId = 3745;
constexpr int kAfterTheId = 4500;

GatewayFaultCase InDoubt(const std::string& name, const std::string& fault,
                         const std::string& cause) {
  return {name, fault, v1::PLACEMENT_STATE_IN_DOUBT, v1::ERROR_REASON_OUTCOME_IN_DOUBT, cause};
}
GatewayFaultCase Placed(const std::string& name, const std::string& fault) {
  return {name, fault, v1::PLACEMENT_STATE_PLACED, v1::ERROR_REASON_UNSPECIFIED, "answered"};
}
GatewayFaultCase PlacedInexact(const std::string& name, const std::string& fault) {
  GatewayFaultCase placed = Placed(name, fault);
  placed.id_inexact = true;
  return placed;
}
GatewayFaultCase Rejected(const std::string& name, const std::string& fault,
                          const std::string& cause = "gateway_refused") {
  return {name, fault, v1::PLACEMENT_STATE_REJECTED, v1::ERROR_REASON_GATEWAY_REJECTED, cause};
}
GatewayFaultCase Authentication(const std::string& name, const std::string& fault) {
  return {name, fault, v1::PLACEMENT_STATE_NOT_PLACED, v1::ERROR_REASON_GATEWAY_AUTHENTICATION,
          "gateway_authentication"};
}
GatewayFaultCase Throttled(const std::string& name, const std::string& fault) {
  return {name, fault, v1::PLACEMENT_STATE_NOT_PLACED, v1::ERROR_REASON_GATEWAY_THROTTLED,
          "gateway_throttled"};
}
GatewayFaultCase OfTwoSellers(GatewayFaultCase fault_case) {
  fault_case.sellers = 2;
  return fault_case;
}
GatewayFaultCase Hanging(GatewayFaultCase fault_case) {
  fault_case.hangs = true;
  return fault_case;
}
GatewayFaultCase BeforeReading(GatewayFaultCase fault_case) {
  fault_case.before_reading = true;
  return fault_case;
}
GatewayFaultCase OtherIds(GatewayFaultCase fault_case) {
  fault_case.ids_differ = true;
  return fault_case;
}

std::string Kind(const std::string& kind, const std::string& more = "") {
  return absl::StrCat(R"({"kind": ")", kind, "\"", more.empty() ? "" : ", ", more, "}");
}
std::string AtByte(const std::string& kind, int byte) {
  return Kind(kind, absl::StrCat(R"("n": )", byte));
}
std::string Code(const std::string& json) {
  return Kind("envelope_code", absl::StrCat(R"("msg": "no", "code": )", json));
}
std::string Http(int status, const std::string& more = R"("body": "{}")") {
  return Kind("http_status", absl::StrCat(R"("status": )", status, ", ", more));
}
std::string Text(const std::string& json_text) {
  return Kind("body", absl::StrCat(R"("text": )", json_text));
}
std::string Leaves(const std::string& leaves) {
  return Kind("set_leaf", absl::StrCat(R"("leaves": [)", leaves, "]"));
}
std::string Leaf(const std::string& path, const std::string& json) {
  return absl::StrCat(R"({"path": ")", path, R"(", "json": )", json, "}");
}
std::string RawLeaf(const std::string& path, const std::string& raw) {
  return absl::StrCat(R"({"path": ")", path, R"(", "raw": ")", raw, "\"}");
}
// Every id of the answer, with these values of the two twins of the trade.
std::string Ids(const std::string& text, const std::string& number) {
  return Leaves(absl::StrCat(Leaf("data[0].baseInfo.idOfStr", text), ", ",
                             Leaf("data[0].baseInfo.id", number), ", ",
                             Leaf("data[0].productItems[0].subItemIDString", "null"), ", ",
                             Leaf("data[0].productItems[0].subItemID", "null")));
}

void AddHangs(Cases* cases) {
  cases->push_back(Hanging(InDoubt("HangsAfterReading", Kind("hold"), "no_answer")));
  cases->push_back(
      Hanging(InDoubt("HangsInTheStatusLine",
                      Kind("slow_drip", R"("ms_per_byte": 9999, "after_bytes": 5)"), "no_answer")));
  cases->push_back(Hanging(InDoubt("HangsInTheHeaders",
                                   Kind("slow_drip", R"("ms_per_byte": 9999, "after_bytes": 60)"),
                                   "answer_cut")));
  cases->push_back(Hanging(InDoubt("HangsInTheBody",
                                   Kind("slow_drip", R"("ms_per_byte": 9999, "after_bytes": 600)"),
                                   "answer_cut")));
  cases->push_back(Hanging(
      Placed("HangsAfterTheId", Kind("slow_drip", R"("ms_per_byte": 9999, "after_bytes": 5000)"))));
  cases->push_back(Placed("EndlessChunks", Kind("endless")));
  cases->push_back(Placed("EndlessBody", Kind("endless", R"("chunked": false)")));
  cases->push_back(Placed("LargeAnswer", Kind("oversize", R"("bytes": 3000000)")));
}

void AddCuts(Cases* cases) {
  cases->push_back(BeforeReading(InDoubt("DropsUnread", Kind("drop_before_read"), "")));
  cases->push_back(BeforeReading(InDoubt("ResetsUnread", Kind("reset_before_read"), "")));
  cases->push_back(InDoubt("DropsAfterReading", Kind("drop_after_read"), "answer_cut"));
  cases->push_back(InDoubt("ResetsAfterReading", Kind("reset_after_read"), "answer_cut"));
  cases->push_back(InDoubt("ResetsAfterReadingWithoutAnOrder",
                           Kind("reset_after_read", R"("places_order": false)"), "answer_cut"));
  const struct {
    const char* where;
    int byte;
  } classes[] = {{"AfterOneByte", 1},
                 {"InTheStatusLine", 10},
                 {"AfterTheStatusLine", 17},
                 {"InTheHeaders", 60},
                 {"BeforeTheBlankLine", kHeadBytes - 2},
                 {"AfterTheHead", kHeadBytes},
                 {"AfterOneByteOfBody", kHeadBytes + 1},
                 {"BeforeEveryId", kHeadBytes + 1000},
                 {"InTheSubId", kHeadBytes + kInsideTheSubId}};
  for (const auto& [where, byte] : classes) {
    cases->push_back(
        InDoubt(absl::StrCat("Drops", where), AtByte("drop_at_byte", byte), "answer_cut"));
    cases->push_back(
        InDoubt(absl::StrCat("Resets", where), AtByte("reset_at_byte", byte), "answer_cut"));
  }
  for (const char* how : {"drop_at_byte", "reset_at_byte"}) {
    const std::string name = how[0] == 'd' ? "Drops" : "Resets";
    cases->push_back(
        PlacedInexact(name + "BetweenTheIds", AtByte(how, kHeadBytes + kBetweenTheIds)));
    cases->push_back(PlacedInexact(name + "InTheId", AtByte(how, kHeadBytes + kInsideTheId)));
    cases->push_back(Placed(name + "AfterTheId", AtByte(how, kHeadBytes + kAfterTheId)));
  }
  cases->push_back(InDoubt("CutChunkBeforeEveryId", AtByte("chunked_cut", 1000), "answer_cut"));
  cases->push_back(Placed("CutChunkAfterTheId", AtByte("chunked_cut", kAfterTheId)));
  cases->push_back(Placed("ClosesAfterTheAnswer", Kind("close_after_answer")));
  cases->push_back(Placed("ResetsAfterTheAnswer", Kind("close_after_answer", R"("how": "reset")")));
  cases->push_back(Placed("Chunked", Kind("chunked")));
}

void AddGarbage(Cases* cases) {
  const char* unreadable = "unreadable_answer";
  cases->push_back(InDoubt("NoHttp", Kind("garbage_status_line"), "answer_cut"));
  cases->push_back(
      InDoubt("BadStatus", Kind("garbage_status_line", R"("line": "HTTP/1.1 banana")"), ""));
  cases->push_back(InDoubt("StatusOfAnotherProtocol",
                           Kind("garbage_status_line", R"("line": "220 ftp ready")"),
                           "answer_cut"));
  cases->push_back(InDoubt("EmptyBody", Text(R"("")"), unreadable));
  cases->push_back(InDoubt("OneBrace", Text(R"("{")"), unreadable));
  cases->push_back(InDoubt("CutJson", Text(R"("{\"code\": 200")"), unreadable));
  cases->push_back(InDoubt("EmptyObject", Text(R"("{}")"), unreadable));
  cases->push_back(InDoubt("List", Text(R"("[]")"), unreadable));
  cases->push_back(InDoubt("Null", Text(R"("null")"), unreadable));
  cases->push_back(InDoubt("Words", Text(R"("ok, placed")"), unreadable));
  cases->push_back(
      InDoubt("TwoDocuments", Text(R"("{\"code\": 400}{\"code\": 400}")"), unreadable));
  cases->push_back(InDoubt("HtmlWith200", Kind("html", R"("status": 200)"), unreadable));
  cases->push_back(InDoubt("Bytes", Kind("body", R"("body_base64": "/////wAAAP8=")"), unreadable));
  cases->push_back(InDoubt("NoCode", Text(R"("{\"msg\": \"ok\", \"data\": []}")"), unreadable));
  cases->push_back(Placed("AnotherCharset", Kind("gbk")));
  cases->push_back(
      Placed("InvalidUtf8", Kind("invalid_utf8", R"("path": "data[0].productItems[0].name")")));
  cases->push_back(
      Placed("NumbersBeyondNumbers", Leaves(RawLeaf("data[0].baseInfo.totalAmount", "1e400") +
                                            ", " + RawLeaf("data[0].baseInfo.refund", "NaN"))));
}

void AddHttpStatuses(Cases* cases) {
  for (int status : {500, 501, 502, 503, 504, 520, 599}) {
    cases->push_back(InDoubt(absl::StrCat("Http", status), Http(status), "unexpected_http_status"));
  }
  cases->push_back(
      InDoubt("Http502Html", Kind("html", R"("status": 502)"), "unexpected_http_status"));
  cases->push_back(InDoubt("Http500SaysCode200",
                           Http(500, R"("body": "{\"code\": 200, \"data\": []}")"),
                           "unexpected_http_status"));
  cases->push_back(
      Placed("Http500WithAnOrder", Http(500, R"("keep_body": true, "places_order": true)")));
  cases->push_back(
      Placed("Http400WithAnOrder", Http(400, R"("keep_body": true, "places_order": true)")));
  for (int status : {201, 202, 302, 304, 307, 308, 402, 408, 409, 410, 418, 421, 425, 451}) {
    cases->push_back(
        InDoubt(absl::StrCat("Http", status),
                Http(status, R"("body": "", "headers": {"Location": "http://127.0.0.1:9/"})"),
                "unexpected_http_status"));
  }
  for (int status : {400, 403, 404, 405, 406, 411, 413, 414, 415, 422, 431}) {
    cases->push_back(Rejected(absl::StrCat("Http", status), Http(status, R"("body": "no")")));
  }
  cases->push_back(
      InDoubt("Http400CutJson", Http(400, R"("body": "{\"code\": 4")"), "unexpected_http_status"));
  cases->push_back(Authentication("Http401", Http(401)));
  cases->push_back(Throttled("Http429", Http(429)));
}

void AddCodes(Cases* cases) {
  for (int code : {400, 403, 404, 405, 406, 411, 413, 414, 415, 422, 431}) {
    cases->push_back(Rejected(absl::StrCat("Code", code), Code(absl::StrCat(code))));
  }
  cases->push_back(Rejected("CodeAsText", Code(R"("422")")));
  cases->push_back(Rejected("DeclaredCode", Code(R"("OUT_OF_STOCK")")));
  cases->push_back(Authentication("Code401", Code("401")));
  for (const char* code :
       {"gw.SignatureInvalid", "gw.AppKeyNotFound", "gw.APIACLDecline", "gw.TimestampExpired"}) {
    cases->push_back(
        Authentication(absl::StrCat("Code", code), Code(absl::StrCat("\"", code, "\""))));
  }
  cases->push_back(Throttled("Code429", Code("429")));
  cases->push_back(Throttled("CodeQos", Code(R"("gw.QosAppFrequencyLimit")")));
  for (const char* code : {"0", "1", "-1", "201", "500", "503", "777", "99999999999999999999",
                           R"("500_004")", R"("ok")", R"("SYSTEM_ERROR")", R"("gw.Unknown")"}) {
    cases->push_back(InDoubt(absl::StrCat("Code", code), Code(code), "unknown_code"));
  }
}

void AddOrdersWithoutAnId(Cases* cases) {
  const char* unanswered = "line_unanswered";
  cases->push_back(InDoubt("EmptyData", Kind("empty_data"), unanswered));
  cases->push_back(InDoubt("NullData", Kind("data_null"), unanswered));
  cases->push_back(InDoubt("NullElement", Leaves(Leaf("data[0]", "null")), unanswered));
  cases->push_back(InDoubt("EmptyElement", Leaves(Leaf("data[0]", "{}")), unanswered));
  cases->push_back(InDoubt("TextAsElement", Leaves(Leaf("data[0]", "\"placed\"")), unanswered));
  cases->push_back(InDoubt("TextAsData", Leaves(Leaf("data", "\"placed\"")), unanswered));
  cases->push_back(InDoubt("NoId", Ids("null", "null"), unanswered));
  cases->push_back(InDoubt("EmptyId", Ids("\"\"", "null"), unanswered));
  cases->push_back(InDoubt("ZeroId", Ids("\"0\"", "0"), unanswered));
  cases->push_back(InDoubt("WordAsId", Ids("\"pending\"", "null"), unanswered));
  cases->push_back(InDoubt("NegativeId", Ids("null", "-5"), unanswered));
  cases->push_back(InDoubt("ListAsId", Ids("[]", "{}"), unanswered));
  cases->push_back(InDoubt(
      "OnlyIdsOfLines",
      Leaves(Leaf("data[0].baseInfo.idOfStr", "null") + ", " + Leaf("data[0].baseInfo.id", "null")),
      unanswered));
  cases->push_back(InDoubt("NoBaseInfo", Leaves(Leaf("data[0].baseInfo", "null")), unanswered));
  cases->push_back(
      PlacedInexact("OnlyTheNumericTwin", Leaves(Leaf("data[0].baseInfo.idOfStr", "null"))));
  cases->push_back(Placed("OnlyTheTextTwin", Leaves(Leaf("data[0].baseInfo.id", "null"))));
  cases->push_back(OtherIds(Placed("TwinsDiffer", Ids("\"77\"", "88"))));
  cases->push_back(Rejected("EverySellerRefused",
                            Kind("seller_failure", R"("error_code": "500_004", "error_msg": "no")"),
                            "answered"));
  cases->push_back(InDoubt(
      "NoIdAndNoRefusal",
      Kind("seller_failure", R"("error_code": "", "error_msg": "", "success": true)"), unanswered));
  cases->push_back(
      Placed("RefusalBesideAnId",
             Kind("seller_failure", R"("error_code": "X", "error_msg": "no", "keep_id": true)")));
}

void AddSeveralSellers(Cases* cases) {
  const std::string second = R"("seller_open_id": "seller-2")";
  const std::string refusal = R"(, "error_code": "500_004", "error_msg": "no")";
  GatewayFaultCase partly =
      OfTwoSellers(Placed("OneOfTwoSellersRefused", Kind("seller_failure", second + refusal)));
  partly.state = v1::PLACEMENT_STATE_PARTIALLY_PLACED;
  cases->push_back(partly);
  cases->push_back(OfTwoSellers(
      InDoubt("OneOfTwoSellersMissing", Kind("missing_seller", second), "line_unanswered")));
  cases->push_back(OfTwoSellers(
      InDoubt("OneOfTwoSellersMissingButOrdered",
              Kind("missing_seller", second + R"(, "places_order": true)"), "line_unanswered")));
  cases->push_back(OfTwoSellers(
      Rejected("BothSellersRefused",
               Kind("seller_failure", R"("error_code": "X", "error_msg": "no")"), "answered")));
  cases->push_back(OfTwoSellers(InDoubt(
      "CutAfterTheFirstOfTwoIds", AtByte("drop_at_byte", kHeadBytes + kAfterTheId), "answer_cut")));
}

}  // namespace

std::vector<GatewayFaultCase> GatewayFaultCases() {
  Cases cases;
  AddHangs(&cases);
  AddCuts(&cases);
  AddGarbage(&cases);
  AddHttpStatuses(&cases);
  AddCodes(&cases);
  AddOrdersWithoutAnId(&cases);
  AddSeveralSellers(&cases);
  return cases;
}

}  // namespace order1688
