#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rota {

// Returns the text cut to at most `width` columns, with "…" as its last one where something was cut off. REQUIRES:
// `text` is valid UTF-8 (Printable() makes it so), width > 0.
std::string Shorten(std::string_view text, int width);

// Rows of text in aligned columns, for a terminal:
//
//   TASK        NEXT
//   backup:run  2026-03-07 02:00:00 +08:00
//
// Cells are made Printable(), wide characters count two columns, and no line ends in spaces. Thread-compatible.
class Table {
 public:
  struct Column {
    std::string title;
    int max_width = 0;  // Longer cells are shortened; 0: no limit.
  };

  explicit Table(std::vector<Column> columns);

  // REQUIRES: as many cells as there are columns.
  void AddRow(std::vector<std::string> cells);
  // The titles and all rows, each ending in a line break.
  std::string Render() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // Ready to print; the titles are the first row.
};

}  // namespace rota
