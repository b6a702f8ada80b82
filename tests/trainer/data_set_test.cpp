#include "trainer/data_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/trainer/tiny_data.h"

namespace mimar::trainer {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

namespace fs = std::filesystem;

/// Two images of 2 x 2.
const Bytes kPixels = {0, 1, 2, 3, 252, 253, 254, 255};

class DataSetTest : public testing::Test {
 protected:
  fs::path dir() const { return folder_.path(); }

  /// Writes valid idx files for both parts, plain.
  void write_valid() const {
    for (const char* part : {"train", "t10k"}) {
      write_file(dir() / concat(part, "-images-idx3-ubyte"), idx_images(2, 2, kPixels));
      write_file(dir() / concat(part, "-labels-idx1-ubyte"), idx_labels({7, 9}));
    }
  }

  std::string message_of_reading(DataSetKind kind = DataSetKind::kAuto) const {
    try {
      read_data_set(dir(), kind);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(DataSetTest, ReadsIdxFilesPlainAndGzipped) {
  write_valid();
  const DataSet plain = read_data_set(dir(), DataSetKind::kAuto);
  EXPECT_EQ(plain.name, "mnist");
  EXPECT_EQ(plain.train.size(), 2);
  EXPECT_EQ(plain.train.image_bytes(), 4);
  EXPECT_EQ(plain.train.pixels, kPixels);
  EXPECT_THAT(plain.test.labels, ElementsAre(7, 9));

  fs::remove(dir() / "train-images-idx3-ubyte");
  write_gzip(dir() / "train-images-idx3-ubyte.gz", idx_images(2, 2, kPixels));
  EXPECT_EQ(read_data_set(dir(), DataSetKind::kFashionMnist).train.pixels, kPixels);
}

TEST_F(DataSetTest, TellsFashionMnistByItsFolder) {
  const fs::path inner = dir() / "fashion-mnist";
  fs::create_directory(inner);
  write_valid();
  for (const auto& entry : fs::directory_iterator(dir())) {
    if (entry.is_regular_file()) fs::copy(entry.path(), inner);
  }
  EXPECT_EQ(read_data_set(inner, DataSetKind::kAuto).name, "fashion-mnist");
}

TEST_F(DataSetTest, NamesTheFileThatIsCutShortAnywhere) {
  write_valid();
  const Bytes whole = idx_images(2, 2, kPixels);
  const fs::path images = dir() / "train-images-idx3-ubyte";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_file(images, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_THAT(message_of_reading(), AllOf(HasSubstr(images.string()), HasSubstr("cut short")));
  }
}

TEST_F(DataSetTest, NamesTheGzipFileThatIsCutShortOrCorrupt) {
  write_valid();
  const fs::path plain = dir() / "train-images-idx3-ubyte";
  fs::remove(plain);
  const fs::path zipped = plain.string() + ".gz";
  Rng rng(4);
  Bytes noise;
  for (int i = 0; i < 4000; ++i) noise.push_back(static_cast<std::uint8_t>(rng.index(256)));
  write_gzip(zipped, idx_images(1000, 2, noise));
  const auto size = fs::file_size(zipped);

  fs::resize_file(zipped, size / 2);
  EXPECT_THAT(message_of_reading(), HasSubstr(zipped.string()));
  write_gzip(zipped, idx_images(1000, 2, noise));
  {
    std::fstream file(zipped, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(size - 6));  // within the checksum
    file.put('\0').put('\0');
  }
  EXPECT_THAT(message_of_reading(), AllOf(HasSubstr(zipped.string()), HasSubstr("corrupt")));
}

TEST_F(DataSetTest, RejectsHeadersThatLie) {
  write_valid();
  const fs::path images = dir() / "train-images-idx3-ubyte";
  const fs::path labels = dir() / "train-labels-idx1-ubyte";
  write_file(images, idx_labels({1, 2}));
  EXPECT_THAT(message_of_reading(), HasSubstr("no idx file of images"));
  write_file(images, idx_images(0x7FFFFFFF, 2, kPixels));
  EXPECT_THAT(message_of_reading(), HasSubstr("unlikely sizes"));
  write_file(images, idx_images(1, 2, kPixels));
  EXPECT_THAT(message_of_reading(), HasSubstr("longer than its header says"));
  write_file(images, idx_images(2, 2, kPixels));
  write_file(labels, idx_labels({1, 2, 3}));
  EXPECT_THAT(message_of_reading(), HasSubstr("has 3 labels for 2 images"));
  write_file(labels, idx_labels({1, 10}));
  EXPECT_THAT(message_of_reading(), HasSubstr("label 10 of image 1 is not below 10"));
}

TEST_F(DataSetTest, SaysWhatIsMissing) {
  EXPECT_THAT(message_of_reading(), HasSubstr("holds neither"));
  EXPECT_THAT(message_of_reading(DataSetKind::kMnist),
              HasSubstr("neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz"));
  EXPECT_THAT(message_of_reading(DataSetKind::kCifar10), HasSubstr("data_batch_1.bin is missing"));
}

Bytes cifar_records(std::initializer_list<std::uint8_t> labels) {
  Bytes bytes;
  for (const std::uint8_t label : labels) {
    bytes.push_back(label);
    for (std::size_t i = 0; i < 3072; ++i) {
      bytes.push_back(static_cast<std::uint8_t>((i + label) & 0xFFU));
    }
  }
  return bytes;
}

TEST_F(DataSetTest, ReadsCifarBatches) {
  for (std::uint8_t i = 1; i <= 5; ++i) {
    write_file(dir() / concat("data_batch_", int{i}, ".bin"), cifar_records({i, 0}));
  }
  write_file(dir() / "test_batch.bin", cifar_records({9}));

  const DataSet data = read_data_set(dir(), DataSetKind::kAuto);
  EXPECT_EQ(data.name, "cifar10");
  EXPECT_THAT(data.train.labels, ElementsAre(1, 0, 2, 0, 3, 0, 4, 0, 5, 0));
  EXPECT_EQ(data.train.image_bytes(), 3072);
  EXPECT_EQ(data.train.pixels.size(), 10U * 3072U);
  EXPECT_EQ(data.train.pixels[2 * 3072 + 5], 5 + 2);  // image 2 has label 2
  EXPECT_EQ(data.test.pixels[0], 9);

  fs::resize_file(dir() / "data_batch_3.bin", 5000);
  EXPECT_THAT(message_of_reading(), AllOf(HasSubstr("data_batch_3.bin"), HasSubstr("cut short")));
}

TEST_F(DataSetTest, CacheReadsOnce) {
  write_valid();
  DataSetCache cache;
  const auto first = cache.get(dir(), DataSetKind::kAuto);
  EXPECT_EQ(cache.get(dir(), DataSetKind::kAuto), first);
  EXPECT_NE(cache.get(dir(), DataSetKind::kFashionMnist), first);
}

}  // namespace
}  // namespace mimar::trainer
