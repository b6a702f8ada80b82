#pragma once

#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mimar {

/// Says whose fault an error is and whether trying again can help. The names are gRPC's.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,     // the caller's input is wrong
  kNotFound,            // what was named does not exist
  kAlreadyExists,       // the name is taken
  kFailedPrecondition,  // right call, wrong moment
  kAborted,             // lost a race: read again
  kResourceExhausted,   // memory, disk or a quota is used up
  kUnavailable,         // try again later
  kInternal,            // our bug
};

/// Returns the code's name as gRPC spells it, for example "INVALID_ARGUMENT".
std::string_view to_string(ErrorCode code);

/// The one exception type of Mimar. Foreign exceptions are translated beside the foreign call.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  ErrorCode code() const noexcept { return code_; }

  /// True when repeating the same call cannot help.
  bool is_terminal() const noexcept {
    return code_ != ErrorCode::kAborted && code_ != ErrorCode::kUnavailable &&
           code_ != ErrorCode::kResourceExhausted;
  }

 private:
  ErrorCode code_;
};

/// Streams `parts` one after the other into one string.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

/// Throws Error{code} with the parts joined as its message.
template <class... Parts>
[[noreturn]] void fail(ErrorCode code, const Parts&... parts) {
  throw Error(code, concat(parts...));
}

/// Rejects a caller's input: throws kInvalidArgument with the parts as message unless `ok`.
template <class... Parts>
void require(bool ok, const Parts&... parts) {
  if (!ok) fail(ErrorCode::kInvalidArgument, parts...);
}

/// Guards our own invariant: throws kInternal unless `ok`.
void check(bool ok, std::string_view invariant);

/// Throws the error that `errno` stands for; `what` says which call failed and on what.
[[noreturn]] void fail_errno(std::string_view what);

}  // namespace mimar
