// A message together with the protobuf arena on which it lies.
#ifndef ORDER1688_COMMON_ON_ARENA_H_
#define ORDER1688_COMMON_ON_ARENA_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "google/protobuf/arena.h"

namespace order1688 {

// A message of many parts costs one allocation here rather than two hundred, and is freed as one.
// A value like the message itself: copying is deep, moving hands the arena over and leaves an empty
// message. An empty one has no arena yet. Not thread-safe, as the message.
template <typename T>
class OnArena {
 public:
  OnArena() = default;
  explicit OnArena(const T& message) { *this = message; }

  // Empty, with `bytes` of room for its parts: what does not fit is allocated in further blocks.
  static OnArena WithRoom(size_t bytes) {
    OnArena made;
    made.Make(bytes);
    return made;
  }

  OnArena(const OnArena& other) { *this = other; }
  OnArena(OnArena&& other) noexcept
      : arena_(std::move(other.arena_)), message_(std::exchange(other.message_, nullptr)) {}

  OnArena& operator=(const OnArena& other) {
    if (this != &other) *this = *other;
    return *this;
  }
  OnArena& operator=(OnArena&& other) noexcept {
    message_ = std::exchange(other.message_, nullptr);
    arena_ = std::move(other.arena_);
    return *this;
  }
  OnArena& operator=(const T& message) {
    if (&message != message_) **this = message;
    return *this;
  }

  const T& operator*() const { return message_ != nullptr ? *message_ : T::default_instance(); }
  const T* operator->() const { return &**this; }
  T& operator*() {
    if (message_ == nullptr) Make(kLittleRoom);
    return *message_;
  }
  T* operator->() { return &**this; }

  // Where further messages may be made that are to live as long as this one. Null while empty.
  google::protobuf::Arena* arena() const { return arena_.get(); }

 private:
  static constexpr size_t kLittleRoom = 1024;

  // The arena and, behind it, its first block: one allocation, and memory that stands together.
  using Arena = google::protobuf::Arena;
  struct Free {
    void operator()(Arena* arena) const {
      arena->~Arena();
      ::operator delete(arena);
    }
  };

  void Make(size_t bytes) {
    google::protobuf::ArenaOptions options;
    options.initial_block_size = std::max(bytes, kLittleRoom);
    options.max_block_size = std::max(options.initial_block_size, options.max_block_size);
    void* const memory = ::operator new(sizeof(Arena) + options.initial_block_size);
    options.initial_block = static_cast<char*>(memory) + sizeof(Arena);
    arena_.reset(new (memory) Arena(options));
    message_ = Arena::CreateMessage<T>(arena_.get());
  }

  std::unique_ptr<Arena, Free> arena_;
  T* message_ = nullptr;
};

}  // namespace order1688

#endif  // ORDER1688_COMMON_ON_ARENA_H_
