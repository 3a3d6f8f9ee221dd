// Owners of libcurl's objects.
#ifndef ORDER1688_SERVER_UPSTREAM_CURL_HANDLE_H_
#define ORDER1688_SERVER_UPSTREAM_CURL_HANDLE_H_

#include <curl/curl.h>

#include <memory>

namespace order1688 {

struct EasyHandleCleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiHandleCleanup {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct UrlHandleCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct CurlTextCleanup {
  void operator()(char* text) const { curl_free(text); }
};

using EasyHandle = std::unique_ptr<CURL, EasyHandleCleanup>;
using MultiHandle = std::unique_ptr<CURLM, MultiHandleCleanup>;
using UrlHandle = std::unique_ptr<CURLU, UrlHandleCleanup>;
using CurlText = std::unique_ptr<char, CurlTextCleanup>;

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_CURL_HANDLE_H_
