// SPDX-License-Identifier: Apache-2.0
// GDB's remote protocol, packet by packet: what is answered to what, and to what is none.
#include "debugger_server.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device/remote_packet.hpp"

namespace lsgd::rtl {
namespace {

using testing::_;
using testing::Return;

class MockCore : public DebuggedCore {
 public:
  MOCK_METHOD(std::optional<std::vector<std::uint8_t>>, read_memory, (std::uint32_t, std::uint32_t),
              (override));
  MOCK_METHOD(bool, write_memory, (std::uint32_t, std::span<const std::uint8_t>), (override));
  MOCK_METHOD(std::uint32_t, read_register, (unsigned), (const, override));
  MOCK_METHOD(bool, write_register, (unsigned, std::uint32_t), (override));
  MOCK_METHOD(bool, set_breakpoint, (std::uint32_t), (override));
  MOCK_METHOD(void, remove_breakpoint, (std::uint32_t), (override));
  MOCK_METHOD(Stop, step, (const std::function<bool()>&), (override));
  MOCK_METHOD(Stop, resume, (const std::function<bool()>&), (override));
  MOCK_METHOD(void, reset, (), (override));
  MOCK_METHOD(std::uint32_t, status, (), (const, override));
};

class DebuggerServerTest : public testing::Test {
 protected:
  /// All that is said to a client that sends this and leaves.
  std::string said_to(const std::string& sent) {
    const int input = memfd_create("input", MFD_CLOEXEC),
              output = memfd_create("output", MFD_CLOEXEC);
    EXPECT_EQ(write(input, sent.data(), sent.size()), static_cast<ssize_t>(sent.size()));
    lseek(input, 0, SEEK_SET);
    ByteStream client(input, output);
    DebuggerServer(core_, client).serve();
    client.flush();
    std::string said(static_cast<std::size_t>(lseek(output, 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(output, said.data(), said.size(), 0), static_cast<ssize_t>(said.size()));
    close(input);
    close(output);
    return said;
  }

  /// The contents of the one answer to a packet.
  std::string answer(const std::string& contents) {
    const std::string said = said_to(remote_packet(contents));
    EXPECT_EQ(said, "+" + remote_packet(said.substr(2, said.find('#') - 2)));
    return said.substr(2, said.find('#') - 2);
  }

  testing::NiceMock<MockCore> core_;
};

TEST_F(DebuggerServerTest, ReadsAndWritesMemory) {
  EXPECT_CALL(core_, read_memory(0x80000010, 3))
      .WillOnce(Return(std::vector<std::uint8_t>{0xab, 0, 0x7f}));
  EXPECT_EQ(answer("m80000010,3"), "ab007f");
  EXPECT_CALL(core_, read_memory(0, 4)).WillOnce(Return(std::nullopt));
  EXPECT_EQ(answer("m0,4"), "E0e");
  // No more than a packet takes.
  EXPECT_CALL(core_, read_memory(0x80000000, 0x800))
      .WillOnce(Return(std::vector<std::uint8_t>(0x800)));
  EXPECT_EQ(answer("m80000000,ffffffff").size(), 0x1000U);
  EXPECT_CALL(core_, write_memory(0x80000010, testing::ElementsAre(0xab, 0x7f)))
      .Times(2)
      .WillRepeatedly(Return(true));
  EXPECT_EQ(answer("M80000010,2:ab7f"), "OK");
  EXPECT_EQ(answer("X80000010,2:\xab\x7f"), "OK");
  EXPECT_CALL(core_, write_memory(4, testing::ElementsAre('}', '#', '$'))).WillOnce(Return(false));
  EXPECT_EQ(answer("X4,3:}]}\x03}\x04"), "E0e");
}

TEST_F(DebuggerServerTest, ReadsAndWritesRegistersInTheCoresOrder) {
  ON_CALL(core_, read_register(32)).WillByDefault(Return(0x80000004));
  EXPECT_EQ(answer("p20"), "04000080");
  const std::string all = answer("g");
  EXPECT_EQ(all.size(), 33U * 8);
  EXPECT_EQ(all.substr(32 * 8), "04000080");
  EXPECT_CALL(core_, write_register(5, 0x12345678)).WillOnce(Return(true));
  EXPECT_EQ(answer("P5=78563412"), "OK");
  EXPECT_CALL(core_, write_register(_, 0)).Times(33).WillRepeatedly(Return(true));
  EXPECT_EQ(answer("G" + std::string(33 * 8, '0')), "OK");
}

TEST_F(DebuggerServerTest, RunsAndSaysWhyItStops) {
  using Stop = DebuggedCore::Stop;
  EXPECT_CALL(core_, step(_)).WillRepeatedly(Return(Stop::trap));
  EXPECT_EQ(answer("s"), "S05");
  EXPECT_EQ(answer("vCont;s:1;c"), "S05");
  EXPECT_CALL(core_, status()).WillRepeatedly(Return(0x102));
  for (const auto& [stop, reply] : {std::pair(Stop::trap, "S05"),
                                    {Stop::interrupted, "S02"},
                                    {Stop::ended, "Wff"},
                                    {Stop::lockup, "S0b"}}) {
    EXPECT_CALL(core_, resume(_)).Times(3).WillRepeatedly(Return(stop));
    EXPECT_EQ(answer("c"), reply);
    EXPECT_EQ(answer("C05"), reply);
    EXPECT_EQ(said_to("$c#63$?#3f"), "+" + remote_packet(reply) + "+" + remote_packet(reply))
        << "it is asked again";
  }
  EXPECT_CALL(core_, write_register(32, 0x80000100)).WillOnce(Return(true));
  EXPECT_CALL(core_, resume(_)).WillOnce(Return(Stop::trap));
  EXPECT_EQ(answer("c80000100"), "S05");
  EXPECT_CALL(core_, reset()).Times(2);
  EXPECT_EQ(answer("qRcmd,7265736574"), "OK");
  EXPECT_EQ(answer("qRcmd,72657365742068616c74"), "OK");
}

TEST_F(DebuggerServerTest, StopsAtAnInterruptAtAnotherPacketAndAtTheEnd) {
  using Stop = DebuggedCore::Stop;
  int asked = 0;
  ON_CALL(core_, resume(_)).WillByDefault([&](const std::function<bool()>& interrupted) {
    while (!interrupted() && ++asked < 10) continue;
    return Stop::interrupted;
  });
  EXPECT_EQ(said_to("$c#63+\x03"), "+$S02#b5");
  EXPECT_EQ(said_to("$c#63$D#44"), "+$S02#b5+$OK#9a");
  EXPECT_EQ(said_to("$c#63"), "+$S02#b5");
  EXPECT_EQ(asked, 0) << "each was seen the first time";
}

TEST_F(DebuggerServerTest, SetsBreakpoints) {
  EXPECT_CALL(core_, set_breakpoint(0x80000100)).Times(2).WillRepeatedly(Return(true));
  EXPECT_EQ(answer("Z0,80000100,2"), "OK");
  EXPECT_EQ(answer("Z1,80000100,4;X1,0"), "OK");
  EXPECT_CALL(core_, set_breakpoint(0)).WillOnce(Return(false));
  EXPECT_EQ(answer("Z0,0,2"), "E0e");
  EXPECT_CALL(core_, remove_breakpoint(0x80000100));
  EXPECT_EQ(answer("z0,80000100,2"), "OK");
  EXPECT_EQ(answer("Z2,80000100,4"), "") << "watchpoints are not known";
}

TEST_F(DebuggerServerTest, AnswersWhatItDoesNotKnowByNothingAndWhatIsMalformedByAnError) {
  for (const char* unknown :
       {"", "!", "vMustReplyEmpty", "qSymbol::", "QNonStop:1", "b", "\x80", "Z", "z9,0,0"})
    EXPECT_EQ(answer(unknown), "") << unknown;
  for (const char* malformed : {"m",
                                "m,",
                                "m80000000",
                                "m80000000,",
                                "m80000000,0",
                                "m180000000,4",
                                "mg,4",
                                "M0",
                                "M0,1",
                                "M0,1:",
                                "M0,1:a",
                                "M0,1:aabb",
                                "M0,1:zz",
                                "X0,2:a",
                                "p",
                                "p21",
                                "pg",
                                "P",
                                "P1",
                                "P1=",
                                "P1=00",
                                "P21=00000000",
                                "P1=0000000000",
                                "G00",
                                "Z0",
                                "Z0;",
                                "Z0,x,2",
                                "z1,0",
                                "vCont;",
                                "vCont;t",
                                "cg",
                                "sg",
                                "qRcmd,6",
                                "qRcmd,00",
                                "qXfer:features:read:target.xml:0"})
    EXPECT_EQ(answer(malformed), "E01") << malformed;
}

TEST_F(DebuggerServerTest, AsksAgainForWhatArrivesDamagedAndRepeatsWhatDid) {
  EXPECT_EQ(said_to("$?#00$?#3f"), "-+$S05#b8");
  EXPECT_EQ(said_to("noise$?#3f-+-"), "+$S05#b8$S05#b8$S05#b8");
  EXPECT_EQ(said_to("$m8000$?#3f"), "+$S05#b8") << "begun anew";
  EXPECT_EQ(said_to("$QStartNoAckMode#b0$?#3f-$?#00$?#3f"), "+$OK#9a$S05#b8$E01#a6$S05#b8");
  EXPECT_EQ(said_to(remote_packet("X0,0:" + std::string(5000, 'x')) + "$?#3f"), "+$E01#a6+$S05#b8");
  for (const char* end : {"", "$", "$?", "$?#", "$?#3", "$?#x", "\x03"})
    EXPECT_EQ(said_to(end), "") << end;
  EXPECT_EQ(said_to("$k#6b$?#3f"), "+") << "it is gone";
}

TEST_F(DebuggerServerTest, DescribesItselfInPieces) {
  std::string all, piece = "m";
  while (piece.front() == 'm') {
    piece = answer(fmt::format("qXfer:features:read:target.xml:{:x},100", all.size()));
    EXPECT_LE(piece.size(), 0x101U);
    all += piece.substr(1);
  }
  EXPECT_TRUE(all.starts_with("<?xml")) << all;
  EXPECT_TRUE(all.ends_with("</target>")) << all;
  EXPECT_EQ(answer("qXfer:features:read:target.xml:ffff,100"), "l");
  EXPECT_EQ(answer("qXfer:features:read:other.xml:0,100"), "");
}

}  // namespace
}  // namespace lsgd::rtl
