// SPDX-License-Identifier: Apache-2.0
#include "import/table_file.hpp"

#include <algorithm>
#include <fstream>
#include <gmock/gmock.h>
#include <zlib.h>

#include "car/car_data_set.hpp"
#include "data/built_in_data_set.hpp"
#include "files/text_file.hpp"
#include "input_error_of.hpp"
#include "peak_memory.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

DataSet parse(const std::string& text, const TableOptions& options = {}) {
  return parse_table(text, "t.csv", options).data;
}

const InputScale min_max{.kind = InputScale::Kind::min_max};

std::string error_of_table_file(const std::string& text, const TableOptions& options = {}) {
  return input_error_of([&] { parse(text, options); });
}

TableOptions without_header() {
  TableOptions options;
  options.header = TableHeader::none;
  return options;
}

TEST(TableFile, TakesTheLastColumnAsLabel) {
  EXPECT_EQ(parse("a,b,class\n1,2.5,0\n-3,0x1p-2,4\n"),
            (DataSet{2, 5, {1, 2.5f, -3, 0.25f}, {0, 4}}));
}

TEST(TableFile, TakesAnyColumnAsLabelAndLeavesOutOthers) {
  TableOptions options;
  options.label = "class";
  options.ignored = {"id"};
  EXPECT_EQ(parse("id,class,a\n17,1,0.5\n18,0,0.75\n", options),
            (DataSet{1, 2, {0.5f, 0.75f}, {1, 0}}));
}

TEST(TableFile, EncodesNamesByTheirAlphabeticalPlace) {
  TableOptions options;
  options.categorical = {"colour"};
  EXPECT_EQ(parse("colour,class\nred,yes\nblue,no\ngreen,yes\n", options),
            (DataSet{1, 2, {1, 0, 0.5f}, {1, 0, 1}}));
}

TEST(TableFile, ScalesNumbersToTheUnitInterval) {
  TableOptions options;
  options.scale = min_max;
  EXPECT_EQ(parse("a,b,label\n-1,7,0\n3,7,1\n0,7,1\n", options),
            (DataSet{2, 2, {0, 0, 1, 0, 0.25f, 0}, {0, 1, 1}}));
}

TEST(TableFile, NamesColumnsByNumberWithoutHeader) {
  TableOptions options = without_header();
  options.label = "0";
  EXPECT_EQ(parse("1,0.5,2\n0,4,8\n", options), (DataSet{2, 2, {0.5f, 2, 4, 8}, {1, 0}}));
}

TEST(TableFile, NamesWhatIsWrong) {
  EXPECT_EQ(error_of_table_file("a,label\n1,0\nx,0\n"),
            "t.csv:3: expected a to be a finite binary32 number, found \"x\" (--categorical for "
            "names)");
  EXPECT_THAT(error_of_table_file("1,0\nx,0\n", without_header()),
              StartsWith("t.csv:2: expected 0 to be a finite binary32 number, found \"x\""));
  EXPECT_THAT(error_of_table_file("1,0\n1,2,3\n", without_header()),
              StartsWith("t.csv:2: expected 2 columns as in the first row, found 3"));
  EXPECT_EQ(error_of_table_file("a,b,label\n1,0\n"),
            "t.csv:2: expected 3 columns as in the header, but \"label\" is missing");
  TableOptions options;
  options.label = "class";
  EXPECT_EQ(error_of_table_file("a,label\n1,0\n", options), "t.csv:1: expected a column \"class\"");
  EXPECT_EQ(error_of_table_file("a,a,label\n1,1,0\n"),
            "t.csv:1: expected column \"a\" only once (--no-header if this row is a sample, "
            "--header if it is not)");
  EXPECT_EQ(error_of_table_file("label\n1\n"), "t.csv:1: expected a column beside the label");
  EXPECT_THAT(error_of_table_file("a,label\n"), EndsWith("expected at least one row"));
  EXPECT_THAT(error_of_table_file("", without_header()),
              EndsWith("t.csv:1: expected a row of values, but the file is empty"));
}

const DataSet two_samples{2, 2, {1.5f, 2, -3, 0.25f}, {1, 0}};

TEST(TableFile, ReadsWhatProgramsWrite) {
  const std::string quoted = "\"a\",\"b \"\"x\"\"\",\"class\"\n1.5,2,\"yes\"\n-3,\"0.25\",\"no\"\n";
  EXPECT_EQ(parse(quoted), two_samples);
  EXPECT_EQ(parse("a, b, class\n1.5, 2, yes\n-3,\t0.25 , no \n"), two_samples);
  EXPECT_EQ(parse("\xef\xbb\xbf"
                  "a,b,class\n1.5,2,yes\n-3,0.25,no\n"),
            two_samples);
  EXPECT_EQ(parse("\xef\xbb\xbf"
                  "1.5,2,yes\n-3,0.25,no\n",
                  without_header()),
            two_samples);
  EXPECT_EQ(parse("a,b,class\n1.5,2,yes\n-3,0.25,no"), two_samples);
  EXPECT_EQ(parse("a,b,class\r\n1.5,2,yes\r\n-3,0.25,no\r\n\r\n"), two_samples);
  EXPECT_EQ(parse("\na,b,class\n\n1.5,2,yes\n-3,0.25,no\n  \n\n"), two_samples);
  EXPECT_EQ(parse("a,b,class\n+1.5e+0,+2,yes\n-3.0E0,0x1p-2,no\n"), two_samples);
  // Ten digits more than binary32 has: rounded once, from the text.
  EXPECT_EQ(parse("a,class\n1.00000005960464477540,0\n0,1\n").inputs_flat[0], 0x1.000002p0f);
}

TEST(TableFile, GuessesTheSeparatorAndSaysSo) {
  const auto note_of = [](const std::string& text) {
    const ImportedData imported = parse_table(text, "t.csv", {});
    EXPECT_EQ(imported.data, two_samples) << text;
    return imported.notes.empty() ? "" : imported.notes.front();
  };
  EXPECT_EQ(note_of("a,b,class\n1.5,2,yes\n-3,0.25,no\n"), "");
  EXPECT_EQ(note_of("a;b;class\n1.5;2;yes\n-3;0.25;no\n"),
            "separated by ';', as the first line shows (--separator)");
  EXPECT_EQ(note_of("\"a;,\";\"b, c, d\";class\n1.5;2;yes\n-3;0.25;no\n"),
            "separated by ';', as the first line shows (--separator)");
  EXPECT_EQ(note_of("a\tb\tclass\n1.5\t2\tyes\n-3\t0.25\tno\n"),
            "separated by tabulators, as the first line shows (--separator)");
  EXPECT_EQ(note_of("a  b class\n  1.5   2 yes \n-3\t0.25  \"no\"\n"),
            "separated by blanks, as the first line shows (--separator)");
  EXPECT_EQ(note_of("a,b,class\r1.5,2,yes\r-3,0.25,no\r"), "lines end in carriage returns alone");
}

TEST(TableFile, TakesTheSeparatorAndTheDecimalCommaItIsGiven) {
  TableOptions options;
  options.separator = '|';
  EXPECT_EQ(parse("a|b|class\n1.5|2|yes\n-3|0.25|no\n", options), two_samples);
  options.separator = ';';
  options.decimal_comma = true;
  EXPECT_EQ(parse("a;b;class\n1,5;2;yes\n-3,0;0,25;no\n", options), two_samples);
  EXPECT_THAT(error_of_table_file("a;b;class\n1,5;2;yes\n"),
              EndsWith("a to be a finite binary32 number, found \"1,5\" (--decimal-comma?)"));
  // There a point stands between thousands.
  EXPECT_EQ(
      error_of_table_file("a;b;class\n1.234;2;yes\n", options),
      "t.csv:2: expected a to be a number with a decimal comma and no point, found \"1.234\"");
  // Labels are numbers in the same way: 10,0 is behind 2,0, and 2,5 is no class.
  EXPECT_EQ(parse("a;class\n1,5;10,0\n2;2,0\n3;2\n", options).labels,
            (std::vector<std::uint32_t>{1, 0, 0}));
  EXPECT_THAT(error_of_table_file("a;class\n1,5;2,5\n2;3,5\n", options),
              HasSubstr("real targets: --targets"));
  EXPECT_EQ(parse("a;class\n1,5;red, big\n2;blue\n", options).labels,
            (std::vector<std::uint32_t>{1, 0}));
}

TEST(TableFile, GuessesBlanksAndBarsAndTakesWhatExcelStates) {
  EXPECT_EQ(parse("a|b|class\n1.5|2|yes\n-3|0.25|no\n"), two_samples);
  EXPECT_EQ(parse("sep=;\r\na;b;class\r\n1.5;2;yes\r\n-3;0.25;no\r\n"), two_samples);
  EXPECT_EQ(error_of_table_file("sep=;\na;b;class\nx;2;yes\n"),
            "t.csv:3: expected a to be a finite binary32 number, found \"x\" (--categorical for "
            "names)");
  // As the UCI repository has auto-mpg: blanks between numbers, a tabulator before the name.
  EXPECT_EQ(parse("1.5   2\t\"yes\"\n-3.   0.25\t\"no\"\n", without_header()), two_samples);
  TableOptions options;
  options.categorical = {"my city"};
  EXPECT_EQ(parse("my city\ta 1\tclass\nNew York\t1.5\tyes\nRome\t2\tno\n", options),
            (DataSet{2, 2, {0, 1.5f, 1, 2}, {1, 0}}));
  EXPECT_THAT(error_of_table_file("a\tb\tclass\n1.5\t\t2\tyes\n"),
              EndsWith("found 4 (--separator blanks takes tabulators side by side as one)"));
}

TEST(TableFile, NamesInTheCommentOfSavetxtAreNames) {
  const ImportedData imported = parse_table("# a,b,class\n1.5,2,yes\n-3,0.25,no\n", "t.csv", {});
  EXPECT_EQ(imported.data, two_samples);
  EXPECT_EQ(imported.coding.inputs.front().column, "a");
  EXPECT_EQ(parse("# a b class\n1.5 2 yes\n-3 0.25 no\n"), two_samples);
  // A column may be called # itself.
  TableOptions options;
  options.ignored = {"#"};
  EXPECT_EQ(parse("#,a,b,class\n1,1.5,2,yes\n2,-3,0.25,no\n", options), two_samples);
}

TEST(TableFile, LinesOfSeparatorsAloneAreLeftOutAndSaid) {
  const ImportedData imported =
      parse_table("a,b,class\n1.5,2,yes\n,,\n-3,0.25,no\n,,\n,,\n", "t.csv", {});
  EXPECT_EQ(imported.data, two_samples);
  EXPECT_THAT(imported.notes, ElementsAre("3 lines of separators alone left out"));
  EXPECT_EQ(error_of_table_file("a,b,class\n1.5,2,yes\n,,no\n"),
            "t.csv:3: expected a value in \"a\", found \"\" (--missing drop leaves such rows out, "
            "mean fills them in)");
}

TEST(TableFile, WhatIsNoTableIsCalledByItsName) {
  const auto found = [](const std::string& bytes) {
    const std::string error = error_of_table_file(bytes);
    const std::string start = "t.csv: expected a table of rows, found ";
    return error.starts_with(start) ? error.substr(start.size()) : error;
  };
  EXPECT_THAT(found(std::string("PK\x03\x04\0\0", 6)), StartsWith("a zip archive or a workbook"));
  EXPECT_THAT(found("BZh91AY&SYabc"), StartsWith("data compressed by bzip2"));
  EXPECT_THAT(found("\xef\xbb\xbf<!DOCTYPE html>\n<p>"), StartsWith("a page"));
  EXPECT_THAT(found("[{\"a\": 1}]"), StartsWith("JSON"));
  EXPECT_THAT(found("@relation things\n@data\n1\n"), StartsWith("an ARFF file"));
  EXPECT_THAT(found("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
              StartsWith("a pointer of Git LFS"));
  EXPECT_EQ(parse("PAR1,PAR2,class\n1.5,2,yes\n-3,0.25,no\n"), two_samples);
}

TEST(TableFile, AQuotedFieldMayHoldSeparatorsAndLineEnds) {
  TableOptions options;
  options.categorical = {"a"};
  EXPECT_EQ(parse("a,class\n\"red, or\nso\",yes\nblue,no\n", options),
            (DataSet{1, 2, {1, 0}, {1, 0}}));
  EXPECT_EQ(error_of_table_file("a,class\n\"1\n2\",yes\nx,no\n"),
            "t.csv:2: expected a to be a finite binary32 number, found \"1 2\" (--categorical for "
            "names)");
  EXPECT_THAT(error_of_table_file("a,class\n1,yes\n2,\"no\n3,yes\n"),
              StartsWith("t.csv:3: expected quotes"));
  EXPECT_THAT(error_of_table_file("a,class\n1,y\"es\n"), StartsWith("t.csv:2: expected quotes"));
}

TEST(TableFile, FieldsOfRowsLongerThanABlockAreWhole) {
  std::string header, row;
  DataSet expected{20'000, 2, {}, {1, 0}};
  for (int i = 0; i < 20'000; ++i) {
    header += "c" + std::to_string(i) + ",";
    row += std::to_string(i) + ".5,";
    expected.inputs_flat.push_back(static_cast<float>(i) + 0.5f);
  }
  const std::vector<float> first = expected.inputs_flat;
  expected.inputs_flat.insert(expected.inputs_flat.end(), first.begin(), first.end());
  EXPECT_EQ(parse(header + "label\r\n" + row + "yes\r\n" + row + "no\r\n"), expected);
  std::ranges::replace(header, ',', ' ');
  std::ranges::replace(row, ',', ' ');
  EXPECT_EQ(parse(header + "label\n" + row + "yes\n" + row + " no\n"), expected);
}

TEST(TableFile, ACommaAtTheEndOfLinesIsNoLabel) {
  EXPECT_EQ(error_of_table_file("a,b,label,\n1,2,0,\n2,3,1,\n"),
            "t.csv:1: expected a name of column 4, found \"\" (row numbers, or a separator at the "
            "end of every line? --ignore '' leaves it out)");
  EXPECT_THAT(error_of_table_file("a,b,label\n1,2,0,\n"),
              EndsWith("found 4 (a separator at the end, or names of rows?)"));
  EXPECT_THAT(error_of_table_file("1,2,0,\n2,3,1,\n", without_header()),
              StartsWith("t.csv:1: expected a value in \"3\", found \"\""));
  TableOptions dropping = without_header();
  dropping.missing = MissingValues::drop;
  dropping.label = "2";
  EXPECT_EQ(error_of_table_file("1,2,0,\n2,3,1,\n", dropping),
            "t.csv: expected a value in column \"3\", which is empty");
  TableOptions options;
  options.ignored = {""};
  EXPECT_EQ(parse("a,b,label,\n1,2,0,\n2,3,1,\n", options), (DataSet{2, 2, {1, 2, 2, 3}, {0, 1}}));
}

TEST(TableFile, RowNumbersAreNoInput) {
  EXPECT_THAT(error_of_table_file(",a,label\n0,0.5,0\n1,0.25,1\n"),
              HasSubstr("--ignore '' leaves it out"));
  EXPECT_THAT(error_of_table_file("\"\",a,label\n1,0.5,0\n"), HasSubstr("--ignore ''"));
  EXPECT_THAT(error_of_table_file("Unnamed: 0,a,label\n0,0.5,0\n"),
              HasSubstr("--ignore 'Unnamed: 0'"));
  TableOptions options;
  options.ignored = {""};
  EXPECT_EQ(parse(",a,label\n0,0.5,0\n1,0.25,1\n", options),
            (DataSet{1, 2, {0.5f, 0.25f}, {0, 1}}));
  EXPECT_THAT(parse_table("id,a,label\n1,5,0\n2,5.5,1\n3,4,1\n4,3,0\n", "t.csv", {}).warnings,
              ElementsAre("column id counts the rows (--ignore id leaves it out)"));
}

TEST(TableFile, ASampleIsNoHeader) {
  for (const char* const text : {"5.1,3.5,setosa\n4.9,3.0,setosa\n", "x,1,setosa\ny,2,setosa\n"})
    EXPECT_THAT(error_of_table_file(text), HasSubstr("--no-header if this row is a sample"))
        << text;
  TableOptions options;
  options.categorical = {"all"};
  EXPECT_THAT(error_of_table_file("p,x,s\ne,y,s\np,b,t\n", options),
              EndsWith("but \"p\" is also a value of its column (--no-header if this row is a "
                       "sample, --header if it is not)"));
  options = {};
  options.header = TableHeader::certain;
  EXPECT_EQ(parse("0,1,class\n1.5,2,yes\n-3,0.25,no\n", options), two_samples);
}

TEST(TableFile, NumericLabelsAreNumbers) {
  // From 0 on they stay what they are, however they are written.
  EXPECT_EQ(parse("a,label\n1,0.0\n1,10.0\n1,2.0\n1,02\n").labels,
            (std::vector<std::uint32_t>{0, 10, 2, 2}));
  EXPECT_EQ(parse("a,label\n1,0.0\n1,10.0\n1,2.0\n").classes, 11u);
  // Others become their place by size, not by their text.
  EXPECT_EQ(parse("a,label\n1,10.0\n1,2.0\n1,1e1\n").labels, (std::vector<std::uint32_t>{1, 0, 1}));
  EXPECT_EQ(parse("label,a\n3,1\n1,2\n2,4\n",
                  [] {
                    TableOptions options;
                    options.label = "label";
                    return options;
                  }()),
            (DataSet{1, 3, {1, 2, 4}, {2, 0, 1}}));
  EXPECT_EQ(parse("a,label\n1,1\n1,-1\n1,+1\n").labels, (std::vector<std::uint32_t>{1, 0, 1}));
  EXPECT_EQ(parse("a,label\n1,70000\n1,65536\n").labels, (std::vector<std::uint32_t>{1, 0}));
}

TEST(TableFile, IntegersBeyondDoublesAreNames) {
  const std::string rows = "1,9007199254740993\n2,9007199254740992\n3,9007199254740993\n";
  const ImportedData imported = parse_table("a,label\n" + rows, "t.csv", {});
  EXPECT_EQ(imported.data.labels, (std::vector<std::uint32_t>{1, 0, 1}));
  TableOptions like;
  like.like = &imported.coding;
  EXPECT_EQ(parse("a,label\n1,9007199254740993\n", like).labels, (std::vector<std::uint32_t>{1}));
}

TEST(TableFile, ALabelThatIsNotLastIsNotGuessed) {
  EXPECT_EQ(
      error_of_table_file("label,pixel0,pixel1\n3,0,0\n7,255,0\n"),
      "t.csv:1: expected --label to say which column is the label, \"label\" or the last one, "
      "\"pixel1\"");
  EXPECT_THAT(error_of_table_file("a,Class,note\n1,0,good\n2,1,bad\n"),
              HasSubstr("\"Class\" or the last"));
  EXPECT_THAT(error_of_table_file("y,a\n1,0\n2,1\n"), HasSubstr("\"y\" or the last"));
  TableOptions options;
  options.label = "pixel1";
  EXPECT_EQ(parse("label,pixel0,pixel1\n3,0,0\n7,255,1\n", options).labels,
            (std::vector<std::uint32_t>{0, 1}));
  options.label = "";
  options.ignored = {"label"};
  EXPECT_EQ(parse("label,pixel0,kind\n3,0,0\n7,255,1\n", options),
            (DataSet{1, 2, {0, 255}, {0, 1}}));
  // The coordinates of a sensor beside their label.
  EXPECT_EQ(parse("x,y,label\n1.5,2,1\n-3,0.25,0\n"), two_samples);
}

TEST(TableFile, PricesAreNotGuessedToBeClasses) {
  const std::string text = "area,price\n5,100\n2,120\n7,150\n1,180\n";
  EXPECT_EQ(error_of_table_file(text),
            "t.csv: expected labels of classes in the last column, \"price\", but 4 of 4 different "
            "numbers stand in one row each (--targets price for real targets, --label price for "
            "classes)");
  TableOptions options;
  options.label = "price";
  EXPECT_EQ(parse(text, options).labels, (std::vector<std::uint32_t>{0, 1, 2, 3}));
  options = {};
  options.targets = {"price"};
  EXPECT_EQ(parse(text, options).targets_flat, (std::vector<float>{100, 120, 150, 180}));
}

TEST(TableFile, WarnsOfALabelInSeveralColumns) {
  const std::string header = "size,kind_cat,kind_dog,kind_eel\n";
  EXPECT_THAT(
      parse_table(header + "3,1,0,0\n2,0,1,0\n2,0,0,1\n5,1,0,0\n1,0,0,1\n", "t.csv", {}).warnings,
      ElementsAre("in every row one of the columns kind_cat, kind_dog or the label kind_eel is "
                  "1: are they one label? (make it one column, or --targets)"));
  EXPECT_THAT(
      parse_table(header + "3,1,0,0\n2,0,1,1\n2,0,0,1\n5,1,0,0\n1,0,0,1\n", "t.csv", {}).warnings,
      ElementsAre());
}

TEST(TableFile, WarnsOfClassesThatDifferInTheCaseOfLetters) {
  EXPECT_THAT(
      parse_table("a,label\n1,Yes\n2,yes\n2,No\n1,No\n5,Yes\n3,yes\n", "t.csv", {}).warnings,
      ElementsAre("classes Yes, yes differ in the case of letters alone"));
}

TEST(TableFile, NumericCategoriesAreOrderedByNumber) {
  TableOptions options;
  options.categorical = {"a"};
  EXPECT_EQ(parse("a,label\n10,0\n9,1\n11,0\n", options).inputs_flat,
            (std::vector<float>{0.5f, 0, 1}));
}

TEST(TableFile, LabelsThatDifferByBlanksAreOne) {
  EXPECT_EQ(parse("a,label\n1,cat\n1, cat\n1,\"cat \"\n1,sea  cow\n1,sea cow\n1,\xc2\xa0"
                  "cat\n"),
            (DataSet{1, 2, {1, 1, 1, 1, 1, 1}, {0, 0, 0, 1, 1, 0}}));
  // A thin space, an ideographic one, one of no width, and the mark of a file put behind another.
  EXPECT_EQ(parse("a,label\n1,cat\n1,cat\xe2\x80\x89\n1,\xe3\x80\x80"
                  "cat\n1,dog\n1,dog\xe2\x80\x8b\n\xef\xbb\xbf"
                  "1,cat\n"),
            (DataSet{1, 2, {1, 1, 1, 1, 1, 1}, {0, 0, 0, 1, 1, 0}}));
}

TEST(TableFile, NamesInLatin1AreNames) {
  const ImportedData imported = parse_table("a,label\n1,gr\xfcn\n1,rot\n", "t.csv", {});
  EXPECT_THAT(imported.coding.classes, ElementsAre("gr\xc3\xbcn", "rot"));
  EXPECT_THAT(error_of_table_file(std::string("\xff\xfe"
                                              "a\0,\0",
                                              6)),
              EndsWith("found UTF-16"));
}

TEST(TableFile, RealTargetsAreNeverClasses) {
  const std::string text = "x,y\n0,2.5\n1,3.5\n2,4.5\n";
  EXPECT_EQ(error_of_table_file(text),
            "t.csv: expected labels that are names or integers, found \"2.5\" (real targets: "
            "--targets) in column \"y\"");
  TableOptions options;
  options.targets = {"y"};
  EXPECT_EQ(parse(text, options), (DataSet{1, 0, {0, 1, 2}, {0, 0, 0}, 1, {2.5f, 3.5f, 4.5f}}));
  options.targets = {"b", "a"};
  options.scale = min_max;
  EXPECT_EQ(parse("a,x,b\n1,4,2\n-1.5,8,7\n", options),
            (DataSet{1, 0, {0, 1}, {0, 0}, 2, {2, 1, 7, -1.5f}}));
}

TEST(TableFile, EveryTargetAndLabelIsAColumnOfItsOwn) {
  TableOptions options;
  options.targets = {"y", "y"};
  EXPECT_THAT(error_of_table_file("x,y\n0,2.5\n", options), HasSubstr("from a column of its own"));
  options = {};
  options.label = "y";
  options.ignored = {"y"};
  EXPECT_THAT(error_of_table_file("x,y\n0,2\n", options), HasSubstr("from a column of its own"));
}

TEST(TableFile, MissingValuesAreRefusedDroppedOrFilledIn) {
  const std::string text = "a,b,label\n1,?,0\n2,3,1\n";
  EXPECT_EQ(error_of_table_file(text),
            "t.csv:2: expected a value in \"b\", found \"?\" (--missing drop leaves such rows out, "
            "mean fills them in)");
  TableOptions options;
  options.missing = MissingValues::drop;
  EXPECT_EQ(parse(text, options), (DataSet{2, 2, {2, 3}, {0}}));
  options.missing = MissingValues::mean;
  EXPECT_EQ(parse(text, options), (DataSet{2, 2, {1, 3, 2, 3}, {0, 1}}));
  // (1 + 2 + 6) / 3 in every way to say that there is nothing.
  for (const char* const word : {"", "?", "NA", "N/A", "#N/A", "NaN", "nan", "null", "None", "-"})
    EXPECT_EQ(parse(std::string("a,label\n1,0\n2,1\n6,1\n") + word + ",0\n", options).inputs_flat,
              (std::vector<float>{1, 2, 6, 3}))
        << word;
}

TEST(TableFile, RowsThatAreLeftOutTeachNothing) {
  TableOptions options;
  options.missing = MissingValues::drop;
  options.scale = min_max;
  const ImportedData imported =
      parse_table("a,b,label\n1,5,cat\n900,,eel\n3,7,cow\n", "t.csv", options);
  EXPECT_EQ(imported.data, (DataSet{2, 2, {0, 0, 1, 1}, {0, 1}}));
  EXPECT_THAT(imported.notes, ElementsAre("1 row with missing values left out"));
}

TEST(TableFile, AMissingNameMayBeAName) {
  TableOptions options;
  options.categorical = {"a"};
  const std::string text = "a,label\nred,0\n?,1\nblue,1\n";
  EXPECT_THAT(error_of_table_file(text, options),
              StartsWith("t.csv:3: expected a name in \"a\", found \"?\""));
  options.missing = MissingValues::name;
  EXPECT_EQ(parse(text, options).inputs_flat, (std::vector<float>{1, 0, 0.5f}));
}

TEST(TableFile, TestDataAreCodedAsTheTrainingData) {
  TableOptions options;
  options.categorical = {"colour"};
  options.scale = min_max;
  const ImportedData training =
      parse_table("a,colour,label\n1,red,cat\n2,blue,dog\n5,green,eel\n", "train.csv", options);
  TableOptions like;
  like.like = &training.coding;
  // By themselves 2 and 4 would be 0 and 1, red and blue 1 and 0, cat and eel 0 and 1.
  EXPECT_EQ(parse("a,colour,label\n2,red,cat\n4,blue,eel\n", like),
            (DataSet{2, 3, {0.25f, 1, 0.75f, 0}, {0, 2}}));
  // Columns are found by their names, wherever they stand.
  EXPECT_EQ(parse("label,colour,a\neel,green,1\n", like), (DataSet{2, 3, {0, 0.5f}, {2}}));
  EXPECT_THAT(error_of_table_file("a,colour,label\n2,red,fox\n", like),
              EndsWith("t.csv:2: expected \"label\" to be one of cat, dog, eel, as the coding has "
                       "it, found \"fox\""));
  EXPECT_THAT(error_of_table_file("a,colour,label\n2,pink,cat\n", like),
              HasSubstr("found \"pink\""));
  EXPECT_THAT(error_of_table_file("a,hue,label\n2,red,cat\n", like),
              EndsWith("a column \"colour\""));
  EXPECT_THAT(error_of_table_file("a,b,colour,label\n2,1,red,cat\n", like),
              HasSubstr("found \"b\""));
  EXPECT_THAT(
      parse_table("a,colour,label\n9,red,cat\n0,red,dog\n1,red,eel\n", "t.csv", like).warnings,
      Contains("column a beyond the range in the data that the coding was learned from"));
  // What was said of the training data may be said again, but not otherwise.
  like.categorical = {"colour", "label"};
  like.scale = min_max;
  EXPECT_EQ(parse("a,colour,label\n2,red,cat\n", like), (DataSet{2, 3, {0.25f, 1}, {0}}));
  like.categorical = {"a"};
  EXPECT_THAT(error_of_table_file("a,colour,label\n2,red,cat\n", like),
              EndsWith("\"a\" to be numbers, as the coding has them"));
  like.scale = InputScale{};
  EXPECT_THAT(error_of_table_file("a,colour,label\n2,red,cat\n", like),
              EndsWith("the scale of the coding, min-max, found none"));
}

TEST(TableFile, AMissingNumberOfTestDataIsTheMeanOfTheTrainingData) {
  TableOptions options;
  const ImportedData training = parse_table("a,label\n1,0\n2,1\n", "train.csv", options);
  options.missing = MissingValues::mean;
  options.like = &training.coding;
  EXPECT_EQ(parse("a,label\n7,0\n,1\n", options).inputs_flat, (std::vector<float>{7, 1.5f}));
}

TEST(TableFile, WarnsOfWhatIsSeldomMeant) {
  EXPECT_THAT(parse_table("a,b,label\n1,5,0\n1,6,1\n1,4,1\n1,3,0\n", "t.csv", {}).warnings,
              ElementsAre("column a with the same value in every row"));
  std::string rows = "a,label\n3,eel\n";
  for (int i = 0; i < 15; ++i) rows += std::to_string(i % 4) + ",cat\n";
  EXPECT_THAT(parse_table(rows, "t.csv", {}).warnings,
              ElementsAre("one row alone of class eel",
                          "classes differ in rows tenfold or more: naming cat is right in 93.8 %"));
  TableOptions options;
  options.label = "price";
  EXPECT_THAT(parse_table("a,price\n5,100\n2,120\n7,150\n1,180\n", "t.csv", options).warnings,
              ElementsAre("4 of 4 classes have one row each (are they real targets? --targets)"));
}

TEST(TableFile, PrintsWhatBecameOfColumnsAndClasses) {
  TableOptions options;
  options.categorical = {"colour"};
  options.scale = min_max;
  EXPECT_THAT(
      table_of(parse_table("a,colour,label\n1,red,cat\n2,blue,dog\n5,red,dog\n", "t.csv", options),
               10),
      ElementsAre("  input  column  in the file  here", "  x0     a       1 to 5       0 to 1",
                  "  x1     colour  blue, red    0 to 1", "  class  name  rows", "  0      cat   1",
                  "  1      dog   2"));
}

TEST(TableFile, CountsTestRowsThatAreTrainingRows) {
  const DataSet training{2, 2, {1, 2, 3, 4, 5, 6}, {0, 1, 0}};
  const DataSet test{2, 2, {3, 4, 1, 1, 3, 4, 5, 6}, {1, 0, 0, 1}};
  EXPECT_EQ(repeated_rows(training, test), 3u);
  EXPECT_EQ(repeated_rows(test, training), 2u);
}

TEST(TableFile, AMillionRowsTakeLittleMoreThanTheirNumbers) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer keeps freed memory";
#endif
  const TemporaryDirectory directory;
  constexpr std::size_t rows = 1'000'000;
  {
    std::ofstream file(directory / "t.csv");
    file << "a,b,c,d,e,f,g,kind\n";
    for (std::size_t row = 0; row < rows; ++row)
      file << row << ",0.25,0.5,1,0.75,red,2," << (row % 2 == 0 ? "cat\n" : "dog\n");
  }
  TableOptions options;
  options.categorical = {"f"};
  std::size_t steps = 0;
  options.progress = [&](std::size_t, bool) { ++steps; };
  const PeakMemory peak;
  const std::size_t before = peak.mebibytes();
  const ImportedData imported = read_table(directory / "t.csv", options);
  EXPECT_EQ(imported.data.size(), rows);
  EXPECT_EQ(imported.data.inputs_flat[7 * 123'456], 123'456.0f);
  // 7 inputs and a label of 4 bytes are 31 MiB.
  EXPECT_LT(peak.mebibytes() - before, 31 * 3 / 2);
  EXPECT_EQ(steps, 2u);
}

TEST(TableFile, ReadsCompressedFiles) {
  const TemporaryDirectory directory;
  const std::string text = "a,b,class\n1.5,2,yes\n-3,0.25,no\n";
  const gzFile file = gzopen((directory / "t.csv.gz").c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  EXPECT_EQ(read_table(directory / "t.csv.gz", {}).data, two_samples);
  EXPECT_EQ(read_table(directory.file("t.csv", text), {}).data, two_samples);
  const std::string whole = read_text(directory / "t.csv.gz", 1 << 20);
  EXPECT_THAT(input_error_of([&] {
                read_table(directory.file("cut.csv.gz", whole.substr(0, whole.size() - 9)), {});
              }),
              EndsWith("expected intact gzip data"));
}

std::vector<std::vector<float>> sorted_rows(const DataSet& data) {
  std::vector<std::vector<float>> rows;
  for (std::size_t i = 0; i < data.size(); ++i) {
    rows.push_back(data.sample(i, 1 + data.classes).inputs);
    rows.back().push_back(static_cast<float>(data.labels[i]));
  }
  std::ranges::sort(rows);
  return rows;
}

TEST(TableFile, ReadsTheUciFileAsTheBuiltInDataSetEncodesIt) {
  // The text comes from the decision model that the data set is published with.
  const TemporaryDirectory directory;
  const DataSet car = read_uci_car(directory.file("car.data", car_canonical_text())).data;
  auto built_in = sorted_rows(load_built_in_data_set("car", DataSetPart::training));
  const auto test = sorted_rows(load_built_in_data_set("car", DataSetPart::test));
  built_in.insert(built_in.end(), test.begin(), test.end());
  std::ranges::sort(built_in);
  EXPECT_EQ(sorted_rows(car), built_in);
  EXPECT_EQ(car.classes, 4u);
}

TEST(TableFile, RefusesAUciFileWithAnotherChecksum) {
  const TemporaryDirectory directory;
  std::string text = car_canonical_text();
  text[0] = 'w';
  EXPECT_THAT(input_error_of([&] { read_uci_car(directory.file("car.data", text)); }),
              ::testing::HasSubstr("car.data: expected SHA-256 b703a9ac"));
}

}  // namespace
}  // namespace lsgd
