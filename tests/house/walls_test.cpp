#include "tests/house/walls.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace mimar::house {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

/// A small source tree that goes away with the test.
class SourceTree {
 public:
  SourceTree() : root_(fs::path(testing::TempDir()) / concat("mimar-walls-", ::getpid())) {
    fs::remove_all(root_);
  }
  ~SourceTree() { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  const fs::path& root() const { return root_; }

 private:
  fs::path root_;
};

TEST(Walls, StandInThisTree) { EXPECT_THAT(find_wall_breaches(MIMAR_SOURCE_DIR), IsEmpty()); }

TEST(Walls, KnowEveryFolderOfThisTree) {
  EXPECT_THAT(find_unknown_folders(MIMAR_SOURCE_DIR), IsEmpty());
}

TEST(Walls, LetAFolderUseWhatItStandsOnDirectlyOrThroughOthers) {
  SourceTree tree;
  tree.write("local/a.cpp", "#include \"space/value.h\"\n#include \"agent/b.h\"\n");
  tree.write("trainer/a.cpp", "#include <torch/torch.h>\n#include \"base/error.h\"\n");
  EXPECT_THAT(find_wall_breaches(tree.root()), IsEmpty());
}

TEST(Walls, NameAnArrowThatTurnsRound) {
  SourceTree tree;
  tree.write("space/a.h", "#pragma once\n\n#include \"hpo/sampler.h\"\n");
  EXPECT_THAT(find_wall_breaches(tree.root()),
              ElementsAre("space/a.h:3: space/ may not include hpo/sampler.h"));
}

TEST(Walls, KeepTheRunnersApart) {
  SourceTree tree;
  tree.write("local/deep/a.cpp", "  #  include \"k8s/client.h\"\n");
  EXPECT_THAT(find_wall_breaches(tree.root()),
              ElementsAre("local/deep/a.cpp:1: local/ may not include k8s/client.h"));
}

TEST(Walls, KeepDrawingsFromRunnersAndScreens) {
  SourceTree tree;
  tree.write("draw/a.cpp", "#include \"experiment/trial.h\"\n#include \"local/engine.h\"\n");
  tree.write("draw/b.h", "#include \"cli/table.h\"\n");
  EXPECT_THAT(find_wall_breaches(tree.root()),
              ElementsAre("draw/a.cpp:2: draw/ may not include local/engine.h",
                          "draw/b.h:1: draw/ may not include cli/table.h"));
}

TEST(Walls, KeepLibTorchAndGrpcApart) {
  SourceTree tree;
  tree.write("experiment/a.cpp", "#include <torch/torch.h>\n");
  tree.write("nas/a.cpp", "#include <grpcpp/grpcpp.h>\n");
  EXPECT_THAT(find_wall_breaches(tree.root()),
              ElementsAre("experiment/a.cpp:1: experiment/ may not include LibTorch",
                          "nas/a.cpp:1: nas/ may not include gRPC or protobuf"));
}

TEST(Walls, ReportAFolderOutsideThePlan) {
  SourceTree tree;
  tree.write("helpers/a.cpp", "int x;\n");
  tree.write("docs/a.cpp", "int x;\n");
  EXPECT_THAT(find_unknown_folders(tree.root()), ElementsAre("helpers"));
}

}  // namespace
}  // namespace mimar::house
