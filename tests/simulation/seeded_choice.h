// The dice of the simulation.
#ifndef ORDER1688_TESTS_SIMULATION_SEEDED_CHOICE_H_
#define ORDER1688_TESTS_SIMULATION_SEEDED_CHOICE_H_

#include <random>

namespace order1688 {

// Numbers that are the same on every machine for one seed.
class SeededChoice {
 public:
  explicit SeededChoice(unsigned seed) : engine_(seed) {}

  // 0 to `below` - 1.
  int Pick(int below) { return static_cast<int>(engine_() % static_cast<unsigned>(below)); }
  bool Percent(int percent) { return Pick(100) < percent; }

 private:
  std::mt19937 engine_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SIMULATION_SEEDED_CHOICE_H_
