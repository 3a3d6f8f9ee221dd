#include "server/rpc/rpc_stream.h"

#include <utility>

#include "server/rpc/rpc_server.h"

namespace order1688 {

RpcStream::RpcStream(RpcServer& server) : server_(server), stream_(&context_) {
  context_.AsyncNotifyWhenDone(&done_);
  server_.service_.RequestCall(&context_, &stream_, server_.queue_.get(), server_.queue_.get(),
                               &arrived_);
}

RpcStream::~RpcStream() = default;

grpc::ByteBuffer RpcStream::TakeMessage() {
  const grpc::Slice nothing;
  grpc::ByteBuffer message(&nothing, 1);
  if (message_.Valid()) message.Swap(&message_);
  return message;
}

void RpcStream::Read() {
  Expect();
  stream_.Read(&message_, &read_);
}

void RpcStream::Write(const grpc::ByteBuffer& message) {
  Expect();
  stream_.Write(message, &written_);
}

void RpcStream::Finish(grpc::Status status) {
  end_ = std::move(status);
  server_.End(*this);
}

void RpcStream::Answer(const grpc::ByteBuffer& message) {
  last_message_ = message;
  server_.End(*this);
}

void RpcStream::End() {
  LetGo();
  if (!last_message_.Valid()) return stream_.Finish(end_, &finished_);
  stream_.WriteAndFinish(last_message_, grpc::WriteOptions(), end_, &finished_);
}

void RpcStream::On(Event event, bool ok) {
  switch (event) {
    case Event::kArrived:
      if (ok) OnArrived();
      break;
    case Event::kRead:
      OnRead(ok);
      break;
    case Event::kWritten:
      if (handler_ != nullptr) handler_->OnWritten(ok);
      break;
    case Event::kFinished:
      break;
    case Event::kDone:
      OnDone();
      break;
  }
  if (expected_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  RpcServer& server = server_;
  delete this;
  server.OnStreamGone();
}

void RpcStream::OnArrived() {
  server_.AskForCall();
  // That it is done, and that it is finished.
  Expect();
  Expect();
  method_ = &server_.MethodOf(context_.method());
  if (method_->takes == ServedMethod::Takes::kOneMessage) return Read();
  Start();
}

void RpcStream::OnRead(bool ok) {
  if (!started_) return Start();
  if (handler_ != nullptr) handler_->OnRead(ok);
}

void RpcStream::OnDone() {
  cancelled_ = context_.IsCancelled();
  if (cancelled_ && handler_ != nullptr) handler_->OnCancel();
}

void RpcStream::Start() {
  started_ = true;
  handler_ = method_->start(*this);
  if (cancelled_ && handler_ != nullptr) handler_->OnCancel();
}

}  // namespace order1688
