// SPDX-License-Identifier: Apache-2.0
#include "device/debugger_stream.hpp"

#include <array>
#include <deque>
#include <elf.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>

#include <lsgd/protocol.h>

#include "device/process_stream.hpp"
#include "device/remote_debugger.hpp"
#include "device_error_of.hpp"
#include "files/atomic_file.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint32_t mailbox = 0x20000000, wait_address = 0x100, resume_address = 0x102;
constexpr std::uint32_t ring_bytes = 512;
constexpr std::uint32_t mark = 0x4d53474c;

/// A server of GDB's protocol with a core whose program sends every byte back, plus 1.
class Server : public ByteStream {
 public:
  Server() {
    set(mailbox, mark);
    set(mailbox + 4, ring_bytes);
  }

  void write(std::span<const std::uint8_t> bytes, Deadline) override {
    received_.append(bytes.begin(), bytes.end());
    for (;;) {
      const auto begin = received_.find('$');
      const auto end = received_.find('#', begin);
      if (begin == std::string::npos || end == std::string::npos || end + 2 >= received_.size())
        return;
      const std::string packet = received_.substr(begin + 1, end - begin - 1);
      received_.erase(0, end + 3);
      say("+");
      answer(packet);
    }
  }

  std::size_t read(std::span<std::uint8_t> buffer, Deadline) override {
    if (output_.empty()) throw TimeOutError("silent");
    const std::size_t count = std::min(buffer.size(), output_.size());
    std::copy_n(output_.begin(), count, buffer.begin());
    output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }

  bool has_hardware_breakpoints = true;
  std::string architecture;  // of which it tells nothing where this is empty
  std::string stop = "T05thread:01;";
  std::vector<std::string> monitored;
  std::vector<std::string> breakpoints;  // set and removed
  int stops = 0;
  std::map<unsigned, std::string> registers;

 private:
  void say(const std::string& text) { output_.insert(output_.end(), text.begin(), text.end()); }

  void reply(const std::string& contents) {
    unsigned sum = 0;
    for (const char c : contents) sum += static_cast<unsigned char>(c);
    say(fmt::format("${}#{:02x}", contents, sum & 0xff));
  }

  std::uint32_t get(std::uint32_t address) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{memory_[address + i]} << (8 * i);
    return value;
  }
  void set(std::uint32_t address, std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i)
      memory_[address + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }

  void work() {
    for (std::uint32_t taken = get(mailbox + 12); taken != get(mailbox + 8); ++taken) {
      const std::uint32_t written = get(mailbox + 16);
      if (written - get(mailbox + 20) == ring_bytes) break;
      memory_[mailbox + 24 + ring_bytes + written % ring_bytes] =
          static_cast<std::uint8_t>(memory_[mailbox + 24 + taken % ring_bytes] + 1);
      set(mailbox + 16, written + 1);
      set(mailbox + 12, taken + 1);
    }
  }

  void answer(const std::string& packet) {
    unsigned address = 0, size = 0;
    if (packet.starts_with("qSupported"))
      return reply(std::string("PacketSize=80;QStartNoAckMode-") +
                   (architecture.empty() ? "" : ";qXfer:features:read+"));
    if (packet.starts_with("qXfer:features:read:target.xml:0,"))
      return reply("l<?xml version=\"1.0\"?><target><architecture>" + architecture +
                   "</architecture></target>");
    if (packet == "?") return reply("S05");
    if (packet.starts_with("qRcmd,")) {
      monitored.push_back(packet.substr(6));
      reply("O6869");
      return reply("OK");
    }
    if (std::sscanf(packet.c_str(), "m%x,%x", &address, &size) == 2) {
      std::string text;
      for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", memory_[address + i]);
      return reply(text);
    }
    if (std::sscanf(packet.c_str(), "M%x,%x", &address, &size) == 2) {
      if (address >= 0x80000000) return reply("E0e");
      const std::string digits = packet.substr(packet.find(':') + 1);
      for (unsigned i = 0; i < size; ++i)
        memory_[address + i] =
            static_cast<std::uint8_t>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
      return reply("OK");
    }
    if (std::sscanf(packet.c_str(), "P%x=", &address) == 1) {
      registers[address] = packet.substr(packet.find('=') + 1);
      return reply("OK");
    }
    if (packet.starts_with("Z1") && !has_hardware_breakpoints) return reply("");
    if (packet.starts_with("Z") || packet.starts_with("z")) {
      breakpoints.push_back(packet);
      return reply("OK");
    }
    if (packet == "c") {
      ++stops;
      work();
      return reply(stop);
    }
    if (packet != "D") reply("");
  }

  std::map<std::uint32_t, std::uint8_t> memory_;
  std::string received_;
  std::deque<std::uint8_t> output_;
};

FirmwareFile firmware() {
  return {EM_RISCV, 0x80,         {{0x80, {1, 2, 3, 4, 5, 6, 7, 8}}},
          mailbox,  wait_address, resume_address};
}

std::vector<std::uint8_t> exchanged(DebuggerStream& stream, std::size_t count) {
  std::vector<std::uint8_t> sent(count), received;
  for (std::size_t i = 0; i < count; ++i) sent[i] = static_cast<std::uint8_t>(7 * i);
  stream.write(sent, from_now(1s));
  while (received.size() < count) {
    std::array<std::uint8_t, 48> buffer;
    const std::size_t more = stream.read(buffer, from_now(1s));
    received.insert(received.end(), buffer.begin(), buffer.begin() + more);
  }
  for (std::uint8_t& byte : received) --byte;
  EXPECT_EQ(received, sent);
  return received;
}

TEST(DebuggerStream, MovesBytesThroughTheRingsOfTheMailbox) {
  auto server = std::make_unique<Server>();
  Server& core = *server;
  DebuggerStream stream(std::move(server), firmware(), false, {"reset halt"}, from_now(1s));
  EXPECT_EQ(core.registers.at(32), "80000000");  // the program counter, in the core's order
  for (const std::size_t count : {1u, 30u, 512u, 1000u}) exchanged(stream, count);
  EXPECT_EQ(core.monitored, std::vector<std::string>{"72657365742068616c74"});
}

TEST(DebuggerStream, GoesOnBehindItsBreakpoint) {
  auto server = std::make_unique<Server>();
  Server& core = *server;
  DebuggerStream stream(std::move(server), firmware(), false, {}, from_now(1s));
  exchanged(stream, 1);
  EXPECT_EQ(core.registers.at(32), "02010000");
  EXPECT_EQ(core.breakpoints, std::vector<std::string>{"Z1,100,2"});
}

TEST(DebuggerStream, MovesManyRequestsInOneStopAndNeverWaitsForRoom) {
  auto server = std::make_unique<Server>();
  Server& core = *server;
  DebuggerStream stream(std::move(server), firmware(), false, {}, from_now(1s));
  const int before = core.stops;
  // The last request may be one of the largest.
  exchanged(stream, stream.most_bytes_ahead() - 1 + LSGD_FRAME_MAXIMUM);
  EXPECT_EQ(core.stops, before + 1);
}

TEST(DebuggerStream, StartsACortexMAsItsResetDoes) {
  auto server = std::make_unique<Server>();
  Server& core = *server;
  FirmwareFile arm = firmware();
  arm.machine = EM_ARM;
  DebuggerStream stream(std::move(server), arm, false, {}, from_now(1s));
  EXPECT_EQ(core.registers.at(13), "01020304");
  EXPECT_EQ(core.registers.at(15), "04060708");  // without the lowest bit
  EXPECT_EQ(core.registers.at(25), "00000001");
}

TEST(DebuggerStream, SetsABreakpointInMemoryWhereThereIsNoneInHardware) {
  auto server = std::make_unique<Server>();
  server->has_hardware_breakpoints = false;
  DebuggerStream stream(std::move(server), firmware(), false, {}, from_now(1s));
  exchanged(stream, 5);
}

/// What is said where the server, or the firmware, is changed.
template <class Change>
std::string error_with(const Change& change) {
  auto server = std::make_unique<Server>();
  FirmwareFile program = firmware();
  change(*server, program);
  return device_error_of(
      [&] { DebuggerStream(std::move(server), program, false, {}, from_now(1s)); });
}

TEST(DebuggerStream, SaysInALineWhatIsWrong) {
  EXPECT_EQ(error_with([](Server&, FirmwareFile& f) { f.segments[0].address = 0x80000000; }),
            "the debugger cannot write 8 bytes at 0x80000000, where its board may have no memory: "
            "E0e");
  EXPECT_EQ(
      error_with([](Server&, FirmwareFile& f) { f.mailbox += 64; }),
      "there is no mailbox at 0x20000040: another firmware than the one of the ELF file runs");
  EXPECT_EQ(error_with([](Server& s, FirmwareFile&) { s.architecture = "arm"; }),
            "the firmware is for riscv, the core behind the debugger is arm");
  EXPECT_EQ(error_with([](Server& s, FirmwareFile&) { s.architecture = "riscv:rv32"; }),
            "no error");
  EXPECT_EQ(error_with([](Server& s, FirmwareFile&) { s.stop = "S0b"; }),
            "the core stopped by signal 11 and not where it waits");
  EXPECT_EQ(error_with([](Server& s, FirmwareFile&) { s.stop = "W03"; }),
            "the program on the core ended: W03");
}

/// Answers every packet by other bytes.
struct Liar : ByteStream {
  std::mt19937 engine;
  int left = 50'000;
  void write(std::span<const std::uint8_t>, Deadline) override {}
  std::size_t read(std::span<std::uint8_t> buffer, Deadline) override {
    if (left < 0) throw TimeOutError("silent");
    constexpr std::string_view likely = "+$#OKE01ST05*W0123456789abcdef;:";
    const std::size_t count = std::min<std::size_t>(buffer.size(), 1 + engine() % 64);
    for (std::uint8_t& byte : buffer.first(count))
      byte = engine() % 8 == 0 ? static_cast<std::uint8_t>(engine())
                               : static_cast<std::uint8_t>(likely[engine() % likely.size()]);
    left -= static_cast<int>(count);
    return count;
  }
};

TEST(RemoteDebugger, TakesNothingThatIsNoAnswer) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    auto liar = std::make_unique<Liar>();
    liar->engine.seed(seed);
    const std::string words = device_error_of(
        [&] { DebuggerStream(std::move(liar), firmware(), false, {}, from_now(1s)); });
    EXPECT_NE(words, "no error") << seed;
    EXPECT_THAT(words, Not(HasSubstr("\n"))) << seed;
  }
}

/// What is said of a peer that speaks another protocol.
std::string error_of_peer(std::unique_ptr<ByteStream> peer) {
  return device_error_of(
      [&] { DebuggerStream(std::move(peer), firmware(), false, {}, from_now(60s)); });
}
std::string error_of_program(const std::vector<std::string>& command) {
  return error_of_peer(std::make_unique<ProcessStream>(command, "/"));
}

TEST(RemoteDebugger, SaysWhatCameInPlaceOfItsProtocol) {
  const std::string expected = "expected a packet of GDB's remote protocol, such as $OK#9a, ";
  EXPECT_EQ(error_of_program({"cat"}),
            "what is sent comes back; " + expected + "found $qSupported:swbreak+;hwbreak+#d5");
  EXPECT_EQ(error_of_program({"true"}), "true exited with status 0; " + expected + "nothing came");
  // It answers when it has read something, and ends.
  const std::string read = "head -c 1 >/dev/null; ";
  EXPECT_EQ(error_of_program({"sh", "-c", read + "printf 'HTTP/1.1 400 Bad Request\\r\\n\\r\\n'"}),
            "sh exited with status 0; " + expected + "found HTTP/1.1 400 Bad Request | |");
  EXPECT_EQ(error_of_program({"sh", "-c", read + "echo Error: no probe >&2; exit 1"}),
            "sh exited with status 1; it said: Error: no probe; " + expected + "nothing came");
  std::string of_yes;
  for (int line = 0; line < 40; ++line) of_yes += "y|";
  EXPECT_EQ(error_of_program({"sh", "-c", read + "yes"}),
            "4096 bytes came without a packet; " + expected + "found " + of_yes + "...");
}

/// Says something as soon as it is connected to, and nothing else.
struct Banner : ByteStream {
  std::string text;
  explicit Banner(std::string words) : text(std::move(words)) {}
  void write(std::span<const std::uint8_t>, Deadline) override {}
  std::size_t read(std::span<std::uint8_t> buffer, Deadline) override {
    if (text.empty()) throw TimeOutError("lab-7:4444 timed out");
    const std::size_t count = std::min(buffer.size(), text.size());
    std::copy_n(text.begin(), count, buffer.begin());
    text.erase(0, count);
    return count;
  }
};

TEST(RemoteDebugger, SaysWhatItWasToldWhereNothingFollows) {
  const std::string words =
      "lab-7:4444 timed out; expected a packet of GDB's remote protocol, "
      "such as $OK#9a, ";
  EXPECT_EQ(error_of_peer(std::make_unique<Banner>("")), words + "nothing came");
  EXPECT_EQ(error_of_peer(std::make_unique<Banner>("\xff\xfb\x03Open On-Chip Debugger\r\n> ")),
            words + "found ???Open On-Chip Debugger |> ");
  // A shell begins its lines as packets begin.
  EXPECT_EQ(error_of_peer(std::make_unique<Banner>("lab-7:~$ ")), words + "found lab-7:~$ ");
}

/// One answer of the real server, changed.
struct Damaging : Server {
  std::mt19937 engine;
  std::size_t read(std::span<std::uint8_t> buffer, Deadline deadline) override {
    const std::size_t count = Server::read(buffer, deadline);
    if (engine() % 4 == 0) buffer[engine() % count] = static_cast<std::uint8_t>(engine());
    return count;
  }
};

TEST(RemoteDebugger, EndsWhateverIsDamaged) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    auto server = std::make_unique<Damaging>();
    server->engine.seed(seed);
    const std::string words = device_error_of([&] {
      DebuggerStream stream(std::move(server), firmware(), false, {}, from_now(1s));
      std::array<std::uint8_t, 8> buffer{};
      stream.write(buffer, from_now(1s));
      stream.read(buffer, from_now(1s));
    });
    EXPECT_THAT(words, Not(HasSubstr("\n"))) << seed;
  }
}

class FirmwareOnDisk : public testing::Test {
 protected:
  /// A program for RISC-V with one segment and the three symbols, or with one of another name.
  static std::string elf(const std::string& second_symbol) {
    const std::string names =
        std::string("\0lsgd_mailbox\0lsgd_mailbox_resume\0", 34) + second_symbol + '\0';
    Elf32_Ehdr header{};
    std::copy_n(ELFMAG, SELFMAG, header.e_ident);
    header.e_ident[EI_CLASS] = ELFCLASS32;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_RISCV;
    header.e_version = EV_CURRENT;
    header.e_entry = 0x80000000;
    header.e_phoff = header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf32_Phdr);
    header.e_phnum = 1;
    header.e_shentsize = sizeof(Elf32_Shdr);
    header.e_shnum = 4;
    header.e_shstrndx = 3;
    const auto data = static_cast<Elf32_Off>(sizeof header + sizeof(Elf32_Phdr));
    const Elf32_Phdr segment{PT_LOAD, data, 0x80000000, 0x80000000, 4, 4, PF_R | PF_X, 4};
    const std::array<Elf32_Sym, 4> symbols{Elf32_Sym{}, Elf32_Sym{1, 0x80001000, 4, 0x11, 0, 1},
                                           Elf32_Sym{14, 0x80000012, 0, 0x10, 0, 1},
                                           Elf32_Sym{34, 0x80000010, 4, 0x12, 0, 1}};
    const auto symbols_at = data + 4,
               names_at = symbols_at + static_cast<Elf32_Off>(sizeof symbols);
    header.e_shoff = names_at + static_cast<Elf32_Off>((names.size() + 3) / 4 * 4);
    const auto section = [](Elf32_Word type, Elf32_Off offset, std::size_t size, Elf32_Word link,
                            std::size_t entry) {
      Elf32_Shdr s{};
      s.sh_type = type;
      s.sh_offset = offset;
      s.sh_size = static_cast<Elf32_Word>(size);
      s.sh_link = link;
      s.sh_entsize = static_cast<Elf32_Word>(entry);
      return s;
    };
    const std::array<Elf32_Shdr, 4> sections{
        Elf32_Shdr{}, section(SHT_PROGBITS, data, 4, 0, 0),
        section(SHT_SYMTAB, symbols_at, sizeof symbols, 3, sizeof(Elf32_Sym)),
        section(SHT_STRTAB, names_at, names.size(), 0, 0)};
    const auto bytes = [](const auto& value) {
      return std::string(reinterpret_cast<const char*>(&value), sizeof value);
    };
    std::string text = bytes(header) + bytes(segment) + "code" + bytes(symbols) + names;
    text.resize(header.e_shoff, '\0');
    return text + bytes(sections);
  }

  std::string error_of(const std::string& contents) const {
    const auto path = directory_.path() / "firmware.elf";
    write_file(path, contents);
    return device_error_of([&] { read_firmware_file(path); });
  }

  TemporaryDirectory directory_;
};

TEST_F(FirmwareOnDisk, HasSegmentsAndTheMailbox) {
  const auto path = directory_.path() / "firmware.elf";
  write_file(path, elf("lsgd_mailbox_wait"));
  const FirmwareFile read = read_firmware_file(path);
  EXPECT_EQ(read.mailbox, 0x80001000u);
  EXPECT_EQ(read.wait, 0x80000010u);
  EXPECT_EQ(read.resume, 0x80000012u);
  EXPECT_EQ(read.entry, 0x80000000u);
  ASSERT_EQ(read.segments.size(), 1u);
  EXPECT_EQ(read.segments[0].bytes, (std::vector<std::uint8_t>{'c', 'o', 'd', 'e'}));
}

TEST_F(FirmwareOnDisk, IsRefusedInALineWhereItIsAnother) {
  EXPECT_EQ(error_of("no firmware"), "the firmware firmware.elf is no ELF file");
  EXPECT_EQ(
      error_of(elf("main")),
      "the firmware firmware.elf has no symbol lsgd_mailbox_wait: stripped, or linked without "
      "platforms/mailbox/mailbox.c");
  std::string other = elf("lsgd_mailbox_wait");
  other[18] = EM_X86_64;
  EXPECT_THAT(error_of(other), HasSubstr("is for another processor (machine 62)"));
  EXPECT_EQ(device_error_of([&] { read_firmware_file(directory_.path() / "none.elf"); }),
            "the firmware none.elf cannot be read");
}

TEST_F(FirmwareOnDisk, MayBeDamagedAnywhere) {
  const std::string whole = elf("lsgd_mailbox_wait");
  std::mt19937 engine(1);
  for (int i = 0; i < 200; ++i) {
    std::string damaged = whole;
    for (unsigned k = 0; k <= engine() % 3; ++k)
      damaged[engine() % damaged.size()] = static_cast<char>(engine());
    if (i % 4 == 0) damaged.resize(engine() % damaged.size());
    EXPECT_THAT(error_of(damaged), Not(HasSubstr("\n")));
  }
}

}  // namespace
}  // namespace lsgd
