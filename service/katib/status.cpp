#include "service/katib/status.h"

namespace mimar::service {

grpc::Status to_status(const Error& error) {
  const auto code = [&error] {
    switch (error.code()) {
      case ErrorCode::kInvalidArgument:
        return grpc::StatusCode::INVALID_ARGUMENT;
      case ErrorCode::kNotFound:
        return grpc::StatusCode::NOT_FOUND;
      case ErrorCode::kAlreadyExists:
        return grpc::StatusCode::ALREADY_EXISTS;
      case ErrorCode::kFailedPrecondition:
        return grpc::StatusCode::FAILED_PRECONDITION;
      case ErrorCode::kAborted:
        return grpc::StatusCode::ABORTED;
      case ErrorCode::kResourceExhausted:
        return grpc::StatusCode::RESOURCE_EXHAUSTED;
      case ErrorCode::kUnavailable:
        return grpc::StatusCode::UNAVAILABLE;
      case ErrorCode::kInternal:
        break;
    }
    return grpc::StatusCode::INTERNAL;
  };
  return {code(), error.what()};
}

}  // namespace mimar::service
