#include "common/shared_text.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace order1688 {
namespace {

struct Owner {
  std::string text = "what the owner keeps";
};

TEST(SharedTextTest, IsEmptyWithoutAText) { EXPECT_EQ(SharedText().view(), ""); }

TEST(SharedTextTest, KeepsATextThatItWasGiven) {
  const SharedText text(std::string("mine"));
  EXPECT_EQ(text.view(), "mine");
}

TEST(SharedTextTest, APartOfItsOwnerIsNotCopiedAndStaysAsLongAsACopyOfIt) {
  auto owner = std::make_shared<Owner>();
  const std::weak_ptr<Owner> watched = owner;
  SharedText copy;
  {
    const SharedText text(owner, owner->text);
    EXPECT_EQ(text.view().data(), owner->text.data());
    copy = text;
  }
  owner.reset();
  EXPECT_FALSE(watched.expired());
  EXPECT_EQ(copy.view(), "what the owner keeps");
  copy = SharedText();
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace order1688
