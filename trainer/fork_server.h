#pragma once

#include <functional>
#include <span>
#include <string>

#include "trainer/data_set.h"

namespace mimar::trainer {

/// What a child runs: the program's arguments (its name left out) in, the exit code out.
using ChildProgram = std::function<int(std::span<const std::string>, DataSetCache&)>;

/// Serves `run` and `signal` requests on a unix socket until its other end is closed or SIGTERM or
/// SIGINT comes, then kills what still runs; docs/formats/fork-server.md has the protocol. Takes
/// ownership of the socket.
///
/// The data set of a request is read before the fork, so that all children share one copy.
///
/// OpenBLAS starts threads while it loads unless OPENBLAS_NUM_THREADS is 1: if that is why the
/// process has threads, it starts itself anew with the variable set (and does not return).
/// Errors: kFailedPrecondition when the process has more than one thread nevertheless (a forked
/// child would lack the others and hang), kInvalidArgument when `socket` is no socket.
void serve_forks(int socket, DataSetCache& data_sets, const ChildProgram& program);

}  // namespace mimar::trainer
