#include "base/line_program.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "base/error.h"

namespace mimar {
namespace {

const std::vector<std::string> kEcho = {"/bin/cat"};

ErrorCode code_of_call(LineProgram& program) {
  try {
    program.call({{"a", 1}});
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST(LineProgram, AnswersEveryRequest) {
  LineProgram program(kEcho);
  const std::string large(100'000, 'x');
  for (int i = 0; i < 20; ++i) {
    const Json request = {{"number", i}, {"text", i == 10 ? large : "line\nbreak"}};
    EXPECT_EQ(program.call(request), request);
  }
}

TEST(LineProgram, SaysThatTheProgramHasEnded) {
  LineProgram program(kEcho);
  program.call({{"a", 1}});
  ::kill(program.pid(), SIGKILL);
  EXPECT_EQ(code_of_call(program), ErrorCode::kUnavailable);
}

TEST(LineProgram, SaysThatTheAnswerIsNoJson) {
  LineProgram program({"/bin/sh", "-c", "read line; echo hello"});
  EXPECT_EQ(code_of_call(program), ErrorCode::kUnavailable);
}

TEST(LineProgram, EndsTheProgramEvenIfItIsDeaf) {
  pid_t pid = 0;
  {
    LineProgram program({"/bin/sh", "-c", "trap '' TERM; read line; echo 1; exec sleep 1000"});
    program.call({});
    pid = program.pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(LineProgram, FailsWhenThereIsNoSuchProgram) {
  EXPECT_THROW(LineProgram({"/no/such/program"}), Error);
}

}  // namespace
}  // namespace mimar
