// What is left of a placement when personal data is erased. What is copied is listed, not what is
// left out: a new field of the gateway is erased unless somebody decides otherwise.
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

void CopyError(const v1::GatewayError& from, v1::GatewayError* to) {
  to->set_code(from.code());
  to->set_gateway_request_id(from.gateway_request_id());
  to->set_http_status(from.http_status());
}

void CopyBaseInfo(const v1::OrderBaseInfo& from, v1::OrderBaseInfo* to) {
  if (from.has_order_id()) to->set_order_id(from.order_id());
  if (from.has_id_number()) to->set_id_number(from.id_number());
  if (from.has_status()) to->set_status(from.status());
  if (from.has_create_time()) *to->mutable_create_time() = from.create_time();
  if (from.has_total_amount()) *to->mutable_total_amount() = from.total_amount();
  if (from.has_shipping_fee()) *to->mutable_shipping_fee() = from.shipping_fee();
  if (from.has_sum_product_payment()) {
    *to->mutable_sum_product_payment() = from.sum_product_payment();
  }
  if (from.has_discount()) *to->mutable_discount() = from.discount();
  if (from.has_coupon_fee()) *to->mutable_coupon_fee() = from.coupon_fee();
}

void CopyItem(const v1::ProductItem& from, v1::ProductItem* to) {
  if (from.has_product_id()) to->set_product_id(from.product_id());
  if (from.has_sku_id()) to->set_sku_id(from.sku_id());
  if (from.has_spec_id()) to->set_spec_id(from.spec_id());
  if (from.has_sub_item_id()) to->set_sub_item_id(from.sub_item_id());
  if (from.has_sub_item_id_number()) to->set_sub_item_id_number(from.sub_item_id_number());
  if (from.has_quantity()) to->set_quantity(from.quantity());
  if (from.has_price()) *to->mutable_price() = from.price();
  if (from.has_item_amount()) *to->mutable_item_amount() = from.item_amount();
}

void CopyOrder(const v1::Order& from, v1::Order* to) {
  if (from.has_base_info()) CopyBaseInfo(from.base_info(), to->mutable_base_info());
  for (const v1::ProductItem& item : from.product_items()) CopyItem(item, to->add_product_items());
  if (from.has_seller_open_id()) to->set_seller_open_id(from.seller_open_id());
  if (from.has_success()) to->set_success(from.success());
  if (from.has_error_code()) to->set_error_code(from.error_code());
}

void CopyResult(const v1::OrderResult& from, v1::OrderResult* to) {
  to->set_seller_open_id(from.seller_open_id());
  *to->mutable_cargo_indexes() = from.cargo_indexes();
  to->set_outcome(from.outcome());
  to->set_order_id_inexact(from.order_id_inexact());
  if (from.has_order()) CopyOrder(from.order(), to->mutable_order());
  if (from.has_error()) CopyError(from.error(), to->mutable_error());
}

}  // namespace

v1::Placement SkeletonOf(const v1::Placement& placement) {
  v1::Placement skeleton;
  skeleton.set_request_id(placement.request_id());
  skeleton.set_caller(placement.caller());
  skeleton.set_account(placement.account());
  skeleton.set_gateway_host(placement.gateway_host());
  skeleton.set_environment(placement.environment());
  skeleton.set_state(placement.state());
  skeleton.set_evidence(placement.evidence());
  skeleton.set_attempt(placement.attempt());
  skeleton.set_cause(placement.cause());
  skeleton.set_gateway_request_id(placement.gateway_request_id());
  skeleton.set_develop_id(placement.develop_id());
  skeleton.set_possible_duplicate_of(placement.possible_duplicate_of());
  for (const v1::OrderResult& result : placement.results()) {
    CopyResult(result, skeleton.add_results());
  }
  if (placement.has_error()) CopyError(placement.error(), skeleton.mutable_error());
  if (placement.has_create_time()) *skeleton.mutable_create_time() = placement.create_time();
  if (placement.has_update_time()) *skeleton.mutable_update_time() = placement.update_time();
  if (placement.has_sign_time()) *skeleton.mutable_sign_time() = placement.sign_time();
  if (placement.has_erase_time()) *skeleton.mutable_erase_time() = placement.erase_time();
  if (placement.has_settlement()) {
    // The reason is a person's free text.
    skeleton.mutable_settlement()->set_source(placement.settlement().source());
    skeleton.mutable_settlement()->set_actor(placement.settlement().actor());
    *skeleton.mutable_settlement()->mutable_time() = placement.settlement().time();
  }
  return skeleton;
}

}  // namespace order1688
