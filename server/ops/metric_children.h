// Remembers the children of one Prometheus family by the values of their labels.
#ifndef ORDER1688_SERVER_OPS_METRIC_CHILDREN_H_
#define ORDER1688_SERVER_OPS_METRIC_CHILDREN_H_

#include <functional>
#include <initializer_list>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "prometheus/family.h"
#include "prometheus/labels.h"

namespace order1688 {

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
    // No label value holds this separator: they are words of the code and the configuration.
    std::string key = absl::StrJoin(values, "\x1f");
    {
      std::shared_lock lock(mutex_);
      auto known = children_.find(key);
      if (known != children_.end()) return *known->second;
    }
    std::lock_guard lock(mutex_);
    if (children_.size() >= kMostChildren && !children_.contains(key)) return make_(OtherLabels());
    T*& child = children_[key];
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
  absl::flat_hash_map<std::string, T*> children_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_METRIC_CHILDREN_H_
