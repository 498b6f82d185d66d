#include "rota/coordination/redis/history.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <set>
#include <utility>

#include "rota/base/format.h"
#include "rota/coordination/ledger.h"
#include "rota/coordination/redis/calls.h"
#include "rota/coordination/redis/shards.h"

namespace rota::redis {
namespace {

constexpr int kSmallestPage = 64;
constexpr int kLargestPage = 1'000;

// A record's place in the history: newest first is the order of greater<>.
struct Place {
  std::int64_t at = 0;  // The last scheduled instant.
  std::string run_id;
  friend auto operator<=>(const Place&, const Place&) = default;
};

// Reads the places of one shard page by page.
struct Cursor {
  int shard = 0;
  std::string last = "+inf";  // The next page begins at this instant,
  std::size_t known = 0;      // of whose places this many were read.
  bool exhausted = false;
  std::deque<Place> places;  // Not merged yet.
};

// Merges the shards' places, and reads the records at them. Thread-compatible.
class Reader {
 public:
  Reader(Client& client, const Keys& keys, int shards, const HistoryQuery& query)
      : client_(client), keys_(keys), query_(query) {
    const int only = query.task ? ShardOf(*query.task, shards) : -1;
    for (int shard = 0; shard < shards; ++shard) {
      if (only < 0 || shard == only) cursors_.emplace_back().shard = shard;
    }
    for (Cursor& cursor : cursors_) {
      if (query.last_by) cursor.last = Format("{}", query.last_by->time_since_epoch().count());
    }
    page_ = std::clamp(query.limit, kSmallestPage, kLargestPage);
    // What lies before these instants with its last one is not asked for.
    WallTime first = query.from.value_or(WallTime::min());
    if (query.covering) first = std::max(first, *query.covering);
    if (first != WallTime::min()) first_ = Format("{}", first.time_since_epoch().count());
  }

  Result<std::vector<OccurrenceRecord>> Read();

 private:
  Status Refill();
  std::vector<std::pair<int, Place>> NextPlaces();
  Status Load(const std::vector<std::pair<int, Place>>& places, std::vector<OccurrenceRecord>& found);
  Status Check(const Result<Reply>& reply) const { return CheckReply(client_, reply); }

  Client& client_;
  const Keys& keys_;
  const HistoryQuery& query_;
  int page_ = 0;
  std::string first_ = "-inf";
  std::vector<Cursor> cursors_;
};

// Fills the cursors that have run empty. Meanwhile records may come among those of the last instant, and be seen twice.
Status Reader::Refill() {
  std::vector<Command> commands;
  std::vector<Cursor*> asked;
  for (Cursor& cursor : cursors_) {
    if (!cursor.places.empty() || cursor.exhausted) continue;
    const std::string key = keys_.History(cursor.shard);
    commands.push_back({key,
                        {"ZREVRANGEBYSCORE", key, cursor.last, first_, "WITHSCORES", "LIMIT",
                         Format("{}", cursor.known), Format("{}", page_)},
                        nullptr});
    asked.push_back(&cursor);
  }
  if (commands.empty()) return Status::Ok();
  const std::vector<Result<Reply>> replies = client_.Execute(commands);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (Status status = Check(replies[i]); !status.ok()) return status;
    const std::vector<Reply>& items = replies[i]->items;
    Cursor& cursor = *asked[i];
    for (std::size_t n = 0; n + 1 < items.size(); n += 2) {
      Place place{0, items[n].text};
      const std::string& score = items[n + 1].text;
      double at = 0;
      std::from_chars(score.data(), score.data() + score.size(), at);
      place.at = static_cast<std::int64_t>(at);
      cursor.places.push_back(std::move(place));
      cursor.known = score == cursor.last ? cursor.known + 1 : 1;
      cursor.last = score;
    }
    cursor.exhausted = items.size() / 2 < static_cast<std::size_t>(page_);
  }
  return Status::Ok();
}

// Takes the newest places as long as every shard has one to compare, or has no more.
std::vector<std::pair<int, Place>> Reader::NextPlaces() {
  std::vector<std::pair<int, Place>> next;
  while (next.size() < static_cast<std::size_t>(page_)) {
    Cursor* newest = nullptr;
    for (Cursor& cursor : cursors_) {
      if (cursor.places.empty()) {
        if (!cursor.exhausted) return next;
      } else if (newest == nullptr || cursor.places.front() > newest->places.front()) {
        newest = &cursor;
      }
    }
    if (newest == nullptr) return next;
    next.emplace_back(newest->shard, std::move(newest->places.front()));
    newest->places.pop_front();
  }
  return next;
}

Status Reader::Load(const std::vector<std::pair<int, Place>>& places, std::vector<OccurrenceRecord>& found) {
  std::vector<Command> commands;
  for (const auto& [shard, place] : places) {
    const std::string key = keys_.Records(shard);
    commands.push_back({key, {"HGET", key, place.run_id}, nullptr});
  }
  const std::vector<Result<Reply>> replies = client_.Execute(commands);
  for (const Result<Reply>& reply : replies) {
    if (Status status = Check(reply); !status.ok()) return status;
    if (reply->kind == Reply::Kind::kNil) continue;  // Dropped meanwhile.
    Result<OccurrenceRecord> record = DecodeRecord(reply->text);
    if (!record) return record.error().WithContext(Format("redis {}", client_.name()));
    if (ledger::Matches(query_, *record)) found.push_back(*std::move(record));
  }
  return Status::Ok();
}

Result<std::vector<OccurrenceRecord>> Reader::Read() {
  std::vector<OccurrenceRecord> found;
  std::set<std::string> seen;
  while (std::cmp_less(found.size(), query_.limit)) {
    if (Status status = Refill(); !status.ok()) return Fail(std::move(status));
    std::vector<std::pair<int, Place>> places = NextPlaces();
    if (places.empty()) break;
    std::erase_if(places, [&seen](const auto& place) { return !seen.insert(place.second.run_id).second; });
    if (Status status = Load(places, found); !status.ok()) return Fail(std::move(status));
  }
  if (std::cmp_greater(found.size(), query_.limit)) found.resize(static_cast<std::size_t>(std::max(query_.limit, 0)));
  return found;
}

// A run id says nothing of its shard: each is asked for it.
Result<std::vector<OccurrenceRecord>> ReadOne(Client& client, const Keys& keys, int shards, const HistoryQuery& query) {
  std::vector<Command> commands;
  for (int shard = 0; shard < shards; ++shard) {
    const std::string key = keys.Records(shard);
    commands.push_back({key, {"HGET", key, *query.run_id}, nullptr});
  }
  std::vector<OccurrenceRecord> found;
  for (const Result<Reply>& reply : client.Execute(commands)) {
    if (Status status = CheckReply(client, reply); !status.ok()) return Fail(std::move(status));
    if (reply->kind == Reply::Kind::kNil) continue;
    Result<OccurrenceRecord> record = DecodeRecord(reply->text);
    if (!record) return Fail(record.error().WithContext(Format("redis {}", client.name())));
    if (ledger::Matches(query, *record)) found.push_back(*std::move(record));
  }
  return found;
}

}  // namespace

Result<std::vector<OccurrenceRecord>> ReadHistory(Client& client, const Keys& keys, int shards,
                                                  const HistoryQuery& query) {
  if (query.limit <= 0) return std::vector<OccurrenceRecord>();
  if (query.run_id) return ReadOne(client, keys, shards, query);
  return Reader(client, keys, shards, query).Read();
}

}  // namespace rota::redis
