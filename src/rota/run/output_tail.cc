#include "rota/run/output_tail.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/run/utf8_cut.h"

namespace rota {
namespace {

constexpr std::size_t kPieceBytes = 512;
constexpr std::size_t kStampBytes = std::string_view("2026-03-07T02:00:00.000Z ").size();

// "1,234,567"
std::string Grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t from_end = 3; from_end < digits.size(); from_end += 4) digits.insert(digits.size() - from_end, ",");
  return digits;
}

// How long a piece is when rendered, at least; a carriage return at its end may be gone.
std::size_t LeastBytes(std::size_t printed, bool begins) { return printed + (begins ? kStampBytes : 0); }

}  // namespace

void OutputTail::Write(WallTime at, std::string_view bytes) {
  bytes.remove_prefix(Skip(bytes));
  while (!bytes.empty()) {
    if (pending_.empty() && pending_begins_) pending_at_ = at;
    const std::size_t room = kPieceBytes - pending_.size();
    const std::size_t end = bytes.substr(0, room).find('\n');
    const std::string_view part = bytes.substr(0, std::min(end, room));
    pending_.append(part);
    bytes.remove_prefix(part.size());
    if (end != std::string_view::npos) {
      bytes.remove_prefix(1);
      Commit(pending_.size(), LineEnd::kHere);
    } else if (pending_.size() == kPieceBytes) {
      Commit(CompleteLength(pending_), LineEnd::kLater);
    }
  }
}

std::string OutputTail::Finish() {
  if (!pending_.empty()) Commit(pending_.size(), LineEnd::kLater);
  std::string end;
  std::size_t first = tail_.size();
  for (; first > 0; --first) {
    const std::string text = Render(tail_[first - 1]);
    if (end.size() + text.size() > kTailBytes) break;
    end.insert(0, text);
  }
  for (; first > 0; --first) CutFirst();
  std::string text = std::move(head_);
  if (cut_bytes_ > 0) {
    if (!text.ends_with('\n')) text += '\n';
    text += Format("… {} bytes in {} {} are left out …\n", Grouped(cut_bytes_),
                   Grouped(std::max<std::uint64_t>(cut_lines_, 1)), cut_lines_ > 1 ? "lines" : "line");
  }
  return text + end;
}

// How much of the bytes, up to a line's beginning, could not be kept because what follows it fills the tail. A run that
// prints a lot costs no more than to count it.
std::size_t OutputTail::Skip(std::string_view bytes) {
  if (!head_closed_) return 0;
  std::size_t begin = bytes.size();
  for (std::size_t kept = 0; begin > 0 && kept < kTailBytes;) {
    const std::size_t line_end = begin < 2 ? std::string_view::npos : bytes.rfind('\n', begin - 2);
    const std::size_t line = line_end == std::string_view::npos ? 0 : line_end + 1;
    kept += begin - line + kStampBytes;
    begin = line;
  }
  if (begin == 0) return 0;
  while (!tail_.empty()) CutFirst();
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(bytes.substr(0, begin), '\n'));
  cut_lines_ += pending_begins_ ? lines : lines - 1;  // The first one ends a line whose beginning was counted.
  cut_bytes_ += pending_.size() + begin;
  pending_.clear();
  pending_begins_ = true;
  return begin;
}

void OutputTail::Commit(std::size_t length, LineEnd end) {
  Piece piece{pending_.substr(0, length), pending_at_, pending_begins_, end == LineEnd::kHere};
  pending_.erase(0, length);
  pending_begins_ = piece.ends;
  Keep(std::move(piece));
}

void OutputTail::Keep(Piece piece) {
  if (!head_closed_) {
    const std::string text = Render(piece);
    head_closed_ = head_.size() + text.size() > kHeadBytes;
    if (!head_closed_) {
      head_ += text;
      return;
    }
  }
  tail_bytes_ += LeastBytes(piece.text.size(), piece.begins);
  tail_.push_back(std::move(piece));
  while (tail_bytes_ > kTailBytes) CutFirst();
}

void OutputTail::CutFirst() {
  const Piece& first = tail_.front();
  tail_bytes_ -= LeastBytes(first.text.size(), first.begins);
  cut_bytes_ += first.text.size() + (first.ends ? 1 : 0);
  if (first.begins) ++cut_lines_;
  tail_.pop_front();
}

// Making bytes printable takes its time: only what is kept is made so.
std::string OutputTail::Render(const Piece& piece) {
  std::string_view shown = piece.text;
  if (piece.ends && shown.ends_with('\r')) shown.remove_suffix(1);
  std::string text = piece.begins ? Stamp(piece.at) : std::string();
  text += PrintableLine(shown);
  if (piece.ends) text += '\n';
  return text;
}

// Lines that came together have one stamp, which is made once.
const std::string& OutputTail::Stamp(WallTime at) {
  if (!stamp_.empty() && at == stamped_) return stamp_;
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  stamp_ = Format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                  time.minutes().count(), time.seconds().count(), time.subseconds().count());
  stamped_ = at;
  return stamp_;
}

}  // namespace rota
