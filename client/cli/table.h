// A table of text for people, aligned also where it holds Chinese.
#ifndef ORDER1688_CLIENT_CLI_TABLE_H_
#define ORDER1688_CLIENT_CLI_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace order1688 {

// A column of a table.
struct TableColumn {
  std::string title;
  bool right_aligned = false;
  // Longer cells are cut. Never set it for ids and amounts.
  size_t most_columns = 1000;
};

// Collects rows and prints them under their titles. Cells are made safe for a terminal.
class Table {
 public:
  explicit Table(std::vector<TableColumn> columns);

  // One cell per column.
  void AddRow(std::vector<std::string> cells);

  bool empty() const { return rows_.empty(); }

  // Titles and rows, each ended by a newline, without spaces at the end of a line.
  std::string Render() const;

 private:
  std::string RenderRow(const std::vector<std::string>& cells,
                        const std::vector<size_t>& widths) const;

  std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_TABLE_H_
