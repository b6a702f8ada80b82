#pragma once

#include <grpcpp/support/status.h>

#include <exception>

#include "base/error.h"

namespace mimar::service {

/// An error as gRPC's clients get it: the same code and text.
grpc::Status to_status(const Error& error);

/// Runs `body` and turns what it throws into a status.
template <class Body>
grpc::Status answer(const Body& body) noexcept {
  try {
    body();
    return grpc::Status::OK;
  } catch (const Error& error) {
    return to_status(error);
  } catch (const std::exception& error) {
    return {grpc::StatusCode::INTERNAL, error.what()};
  }
}

}  // namespace mimar::service
