// SPDX-License-Identifier: Apache-2.0
#include "printable_text.hpp"

#include <gtest/gtest.h>

#include "number_format.hpp"

namespace lsgd {
namespace {

TEST(PrintableText, KeepsOrdinaryTextOfAnyScript) {
  for (const char* text :
       {"", "float32_c99-host-gcc_O2", "<b> & \"quotes\"", "Ωμέγα ∑ 漢字 🙂", "עברית"})
    EXPECT_EQ(printable_text(text), text);
}

TEST(PrintableText, SpellsOutControlCharactersAndDirectionOverrides) {
  EXPECT_EQ(printable_text("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(printable_text(std::string_view("\0\x1b[31m\x7f", 7)), "\\x00\\x1b[31m\\x7f");
  EXPECT_EQ(printable_text("\u0085\u202e\u2066\u200b\ufeff\uffff"),
            "\\x85\\u202e\\u2066\\u200b\\ufeff\\uffff");
}

TEST(PrintableText, SpellsOutWhatIsNotUtf8) {
  EXPECT_EQ(printable_text("\xff\xc0\xaf"), "\\xff\\xc0\\xaf");
  EXPECT_EQ(printable_text("\xe2\x82"), "\\xe2\\x82") << "truncated";
  EXPECT_EQ(printable_text("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
}

TEST(Shortened, CountsCharactersNotBytes) {
  EXPECT_EQ(shortened("ααα", 3), "ααα");
  EXPECT_EQ(shortened("αααα", 3), "ααα… (4 characters)");
}

TEST(NumberFormat, GivesThreeSignificantDigits) {
  EXPECT_EQ(significant(0), "0");
  EXPECT_EQ(significant(1), "1.00");
  EXPECT_EQ(significant(0.41249), "0.412");
  EXPECT_EQ(significant(412.49), "412");
  EXPECT_EQ(significant(-1.2349e-8), "-1.23e-8");
  EXPECT_EQ(significant(31020), "3.10e4");
}

TEST(NumberFormat, GroupsThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(12345678), "12,345,678");
}

}  // namespace
}  // namespace lsgd
