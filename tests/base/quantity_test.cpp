#include "base/quantity.h"

#include <gtest/gtest.h>

namespace mimar {
namespace {

TEST(Quantity, IsReadAsKubernetesWritesIt) {
  EXPECT_EQ(find_quantity("0"), 0.0);
  EXPECT_EQ(find_quantity("128974848"), 128974848.0);
  EXPECT_EQ(find_quantity("129M"), 129e6);
  EXPECT_EQ(find_quantity("129e6"), 129e6);
  EXPECT_EQ(find_quantity("123Mi"), 128974848.0);
  EXPECT_EQ(find_quantity("1.5Gi"), 1610612736.0);
  EXPECT_EQ(find_quantity("1E"), 1e18);
  EXPECT_EQ(find_quantity("1E3"), 1000.0);
  EXPECT_EQ(find_quantity("1Ei"), 1152921504606846976.0);
  EXPECT_EQ(find_quantity("500m"), 0.5);
  EXPECT_EQ(find_quantity("2k"), 2000.0);
  for (const char* text :
       {"", "Mi", "2 Gi", "2gi", "-1", "two", "1.2.3", "0x10", "inf", "nan", "2GB", "1e", "+1"}) {
    EXPECT_EQ(find_quantity(text), std::nullopt) << text;
  }
}

TEST(Quantity, OfMemoryIsShownToThreeDigits) {
  EXPECT_EQ(to_memory_text(0), "0 bytes");
  EXPECT_EQ(to_memory_text(2147483648), "2 GiB");
  EXPECT_EQ(to_memory_text(2201170739), "2.05 GiB");
  EXPECT_EQ(to_memory_text(536870912), "512 MiB");
  EXPECT_EQ(to_memory_text(17408), "17 KiB");
}

}  // namespace
}  // namespace mimar
