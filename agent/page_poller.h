#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace mimar::agent {

/// A page that is asked for again and again by HTTP.
struct PagePoll {
  std::string host = {};  // a name or an address; empty: no page is asked for
  int port = 0;
  std::string path = {};                  // begins with '/'
  std::vector<std::string> headers = {};  // as "Name: value"
  std::chrono::milliseconds interval{500};
  int output = 0;  // index among the plan's passed descriptors: pages go there, each ended by '\0'

  bool operator==(const PagePoll&) const = default;
};

/// Asks for the page for ever, or until nobody reads the pages any more. An answer other than 200,
/// or none within two seconds, is passed over. HTTP/1.0 without TLS, which every exporter speaks.
void poll_page(const PagePoll& poll, int output) noexcept;

}  // namespace mimar::agent
