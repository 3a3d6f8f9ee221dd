// Remembers the children of one Prometheus family by the values of their labels.
#ifndef ORDER1688_SERVER_OPS_METRIC_CHILDREN_H_
#define ORDER1688_SERVER_OPS_METRIC_CHILDREN_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "prometheus/family.h"
#include "prometheus/labels.h"

namespace order1688 {

// A map by label values, in which a list of views is found without a copy of its texts: absl's maps
// do that for functions that call themselves `is_transparent`.
struct LabelValuesHash {
  using is_transparent = void;  // NOLINT(readability-identifier-naming)
  template <typename Values>
  size_t operator()(const Values& values) const {
    size_t hash = 0;
    for (absl::string_view value : values) hash = absl::HashOf(hash, value);
    return hash;
  }
};
struct LabelValuesEqual {
  using is_transparent = void;  // NOLINT(readability-identifier-naming)
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }
};
template <typename T>
using LabelValuesMap =
    absl::flat_hash_map<std::vector<std::string>, T, LabelValuesHash, LabelValuesEqual>;

// The children of one family: prometheus::Counter, Gauge or Histogram. Thread-safe. The family must
// outlive it.
//
// Holds at most kMostChildren sets of label values; any further set gets the child whose labels are
// all "other".
template <typename T>
class MetricChildren {
 public:
  static constexpr size_t kMostChildren = 500;

  // `args` are what each new child is made from: nothing, or a histogram's buckets.
  template <typename... Args>
  MetricChildren(prometheus::Family<T>& family, std::vector<std::string> label_names, Args... args)
      : label_names_(std::move(label_names)), make_([&family, args...](const auto& labels) -> T& {
          return family.Add(labels, args...);
        }) {}

  // The child with these label values, in the order of the label names.
  T& At(std::initializer_list<absl::string_view> values) {
    {
      std::shared_lock lock(mutex_);
      auto known = children_.find(values);
      if (known != children_.end()) return *known->second;
    }
    std::lock_guard lock(mutex_);
    if (children_.size() >= kMostChildren && !children_.contains(values))
      return make_(OtherLabels());
    T*& child = children_[std::vector<std::string>(values.begin(), values.end())];
    if (child == nullptr) child = &make_(LabelsOf(values));
    return *child;
  }

 private:
  prometheus::Labels LabelsOf(std::initializer_list<absl::string_view> values) const {
    prometheus::Labels labels;
    auto name = label_names_.begin();
    for (absl::string_view value : values) labels[*name++] = std::string(value);
    return labels;
  }

  prometheus::Labels OtherLabels() const {
    prometheus::Labels labels;
    for (const std::string& name : label_names_) labels[name] = "other";
    return labels;
  }

  const std::vector<std::string> label_names_;
  const std::function<T&(const prometheus::Labels&)> make_;
  std::shared_mutex mutex_;  // guards children_
  LabelValuesMap<T*> children_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_METRIC_CHILDREN_H_
