// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace lsgd {

/// A socket that listens on a port of 127.0.0.1, one that was free.
class TcpServer {
 public:
  explicit TcpServer(int backlog = 4) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (bind(socket_, any, size) == 0 && listen(socket_, backlog) == 0 &&
        getsockname(socket_, any, &size) == 0)
      port_ = std::to_string(ntohs(address.sin_port));
  }
  ~TcpServer() {
    shutdown(socket_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    close(socket_);
  }
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  const std::string& port() const { return port_; }

  /// Hands every connection to `handle`, one after the other, and closes it.
  void serve(std::function<void(int connection)> handle) {
    thread_ = std::thread([this, handle = std::move(handle)] {
      for (;;) {
        const int connection = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) return;
        handle(connection);
        close(connection);
      }
    });
  }

 private:
  int socket_;
  std::string port_;
  std::thread thread_;
};

/// As inetd and `socat TCP-LISTEN:...,fork EXEC:...` do: a program for each connection, which is
/// its standard input and output.
inline void run_with_connection(const std::string& program, int connection) {
  const pid_t child = fork();
  if (child == 0) {
    dup2(connection, STDIN_FILENO);
    dup2(connection, STDOUT_FILENO);
    execl(program.c_str(), program.c_str(), nullptr);
    _exit(127);
  }
  waitpid(child, nullptr, 0);
}

}  // namespace lsgd
