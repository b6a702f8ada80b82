#include "trainer/batch_filler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace mimar::trainer {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::Pointwise;

/// Two images with two channels of 1 x 2.
ImageSet make_images() {
  return {.channels = 2,
          .height = 1,
          .width = 2,
          .pixels = {0, 255, 10, 10, 51, 102, 10, 10},
          .labels = {0, 1}};
}

TEST(BatchFiller, MeasuresTheImagesNamed) {
  const ImageSet images = make_images();
  const std::vector<std::int64_t> both = {0, 1};
  const Normalisation all = measure(images, both);
  // Channel 0: 0, 1, 0.2, 0.4: mean 0.4, variance (0.16 + 0.36 + 0.04 + 0) / 4 = 0.14.
  EXPECT_FLOAT_EQ(all.mean[0], 0.4F);
  EXPECT_FLOAT_EQ(all.deviation[0], std::sqrt(0.14F));
  EXPECT_FLOAT_EQ(all.mean[1], 10.0F / 255.0F);
  EXPECT_EQ(all.deviation[1], 1.0F);  // does not vary

  const std::vector<std::int64_t> second = {1};
  EXPECT_FLOAT_EQ(measure(images, second).mean[0], 0.3F);
}

TEST(BatchFiller, ScalesAndNormalises) {
  const ImageSet images = make_images();
  const std::vector<std::int64_t> numbers = {1, 0};
  std::vector<float> out(8);
  BatchFiller(images, std::nullopt).fill(numbers, out.data());
  EXPECT_THAT(out, Pointwise(FloatEq(), {0.2F, 0.4F, 10 / 255.0F, 10 / 255.0F, 0.0F, 1.0F,
                                         10 / 255.0F, 10 / 255.0F}));

  const Normalisation normalisation{.mean = {0.4F, 0.0F}, .deviation = {0.5F, 1.0F}};
  BatchFiller(images, normalisation).fill(numbers, out.data());
  EXPECT_FLOAT_EQ(out[0], -0.4F);
  EXPECT_FLOAT_EQ(out[5], 1.2F);
}

ImageSet make_counting_image() {
  ImageSet images{.channels = 1, .height = 3, .width = 3, .pixels = {}, .labels = {0}};
  images.pixels.resize(9);
  std::iota(images.pixels.begin(), images.pixels.end(), std::uint8_t{1});
  return images;
}

/// What a crop at (top, left) and a flip give, written the slow way; 0 outside.
std::vector<int> crop_slowly(int top, int left, bool flip) {
  std::vector<int> result;
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 3; ++x) {
      const int source_y = y + top;
      const int source_x = (flip ? 2 - x : x) + left;
      const bool inside = source_y >= 0 && source_y < 3 && source_x >= 0 && source_x < 3;
      result.push_back(inside ? source_y * 3 + source_x + 1 : 0);
    }
  }
  return result;
}

TEST(BatchFiller, CropsAndFlipsEveryWayEquallyOften) {
  const ImageSet images = make_counting_image();
  const BatchFiller filler(images, std::nullopt);
  std::map<std::vector<int>, int> seen;
  for (int top = -1; top <= 1; ++top) {
    for (int left = -1; left <= 1; ++left) {
      for (const bool flip : {false, true}) seen[crop_slowly(top, left, flip)] = 0;
    }
  }
  ASSERT_EQ(seen.size(), 18U);

  constexpr int kDraws = 18'000;
  const std::vector<std::int64_t> numbers(kDraws, 0);
  std::vector<float> out(9 * kDraws);
  Rng rng(5);
  filler.fill_augmented(numbers, {.crop_padding = 1, .flip = true}, rng, out.data());
  for (std::size_t i = 0; i < kDraws; ++i) {
    std::vector<int> image;
    for (std::size_t j = 0; j < 9; ++j) {
      image.push_back(static_cast<int>(std::lround(out[9 * i + j] * 255.0F)));
    }
    ASSERT_TRUE(seen.contains(image));
    ++seen[image];
  }
  // Each count is binomial(18,000, 1/18): deviation 30.7. 6 sigma in any of 18: 4e-8 by chance.
  for (const auto& [image, count] : seen) EXPECT_NEAR(count, 1000, 185);
}

TEST(BatchFiller, BordersAreBlackBeforeNormalisation) {
  const ImageSet images = make_counting_image();
  const Normalisation normalisation{.mean = {0.5F}, .deviation = {0.25F}};
  const BatchFiller filler(images, normalisation);
  const std::vector<std::int64_t> numbers(50, 0);
  std::vector<float> out(9 * 50);
  Rng rng(1);
  filler.fill_augmented(numbers, {.crop_padding = 7, .flip = false}, rng, out.data());
  // A border of 7 shifts a 3 x 3 image out of sight in most of the 50.
  EXPECT_GT(std::count(out.begin(), out.end(), -2.0F), 200);
}

TEST(BatchFiller, CutsASquareOutAfterNormalisation) {
  ImageSet images{.channels = 2, .height = 6, .width = 5, .pixels = {}, .labels = {0}};
  images.pixels.assign(60, 255);
  const Normalisation normalisation{.mean = {0.5F, 0.5F}, .deviation = {0.5F, 0.5F}};  // white: 1
  const BatchFiller filler(images, normalisation);
  const std::vector<std::int64_t> numbers = {0};
  std::vector<float> out(60);
  std::map<std::pair<std::size_t, std::size_t>, int> sizes;  // height and width of what is cut
  std::vector<int> cut(30, 0);
  Rng rng(5);
  constexpr int kImages = 3000;
  for (int i = 0; i < kImages; ++i) {
    filler.fill_augmented(numbers, {.cutout = 4}, rng, out.data());
    std::set<std::size_t> rows;
    std::set<std::size_t> columns;
    std::size_t count = 0;
    for (std::size_t k = 0; k < 30; ++k) {
      EXPECT_EQ(out[k], out[30 + k]);  // the same in every channel
      if (out[k] == 1.0F) continue;
      EXPECT_EQ(out[k], 0.0F);
      rows.insert(k / 5);
      columns.insert(k % 5);
      ++cut[k];
      ++count;
    }
    EXPECT_EQ(count, rows.size() * columns.size());
    ++sizes[{rows.size(), columns.size()}];
  }
  // Centre row 2, 3, 4 of 6 and column 2, 3 of 5 leave the square of 4 whole, row 5 and column 4 a
  // side of 3, as do 1 and 1, row 0 and column 0 of 2. So 3 in 6 rows and 2 in 5 columns are whole:
  // 600 of 3000, deviation 22: 6 sigma.
  EXPECT_NEAR((sizes[{4, 4}]), 600, 132);
  EXPECT_EQ(sizes.rbegin()->first, std::make_pair(std::size_t{4}, std::size_t{4}));
  EXPECT_EQ(sizes.begin()->first, std::make_pair(std::size_t{2}, std::size_t{2}));
  // The corner is cut by centres in rows 0, 1, 2 and columns 0, 1, 2: 9 of 30, deviation 25.
  EXPECT_NEAR(cut[0], 900, 150);
}

}  // namespace
}  // namespace mimar::trainer
