#include "base/error.h"

#include <cerrno>
#include <system_error>

namespace mimar {
namespace {

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case ENOMEM:
    case ENOSPC:
    case EMFILE:
    case ENFILE:
    case EDQUOT:
      return ErrorCode::kResourceExhausted;
    case EAGAIN:
    case EINTR:
    case ECONNREFUSED:
      return ErrorCode::kUnavailable;
    case EACCES:
    case EPERM:
    case ENOTDIR:
    case EISDIR:
      return ErrorCode::kFailedPrecondition;
    default:
      return ErrorCode::kInternal;
  }
}

}  // namespace

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case ErrorCode::kNotFound:
      return "NOT_FOUND";
    case ErrorCode::kAlreadyExists:
      return "ALREADY_EXISTS";
    case ErrorCode::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case ErrorCode::kAborted:
      return "ABORTED";
    case ErrorCode::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case ErrorCode::kUnavailable:
      return "UNAVAILABLE";
    case ErrorCode::kInternal:
      return "INTERNAL";
  }
  return "INTERNAL";
}

void check(bool ok, std::string_view invariant) {
  if (!ok) fail(ErrorCode::kInternal, "broken invariant: ", invariant);
}

void fail_errno(std::string_view what) {
  const int error_number = errno;
  fail(code_of(error_number), what, ": ", std::generic_category().message(error_number));
}

}  // namespace mimar
