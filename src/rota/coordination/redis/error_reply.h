#pragma once

#include <string>
#include <string_view>

// What servers say against commands, read; pure.
namespace rota::redis {

// The first word of an error ("WRONGTYPE"), or of the error inside it that a script of Redis 6 has met:
// "ERR Error running script (call to f_…): @user_script:1: -READONLY You can't write …".
std::string_view ErrorWord(std::string_view error);

// Whether the error says only that this server cannot serve now.
bool IsPassing(std::string_view error);

// Whether the error says that the login lacks a right, for a command or for a key, as scripts tell it too.
bool IsDenied(std::string_view error);

// Why a server refuses what it is asked, and what to change.
struct Refusal {
  std::string_view reason;
  std::string_view advice;
};
inline constexpr Refusal kMemoryFull{"its memory is full: it refuses claims and outcomes",
                                     "raise maxmemory, or lower history.max_records"};
inline constexpr Refusal kReadOnly{"it is a replica: it takes no claims",
                                   "name its primary, or the Sentinels that know it (redis.sentinels)"};
inline constexpr Refusal kCannotSave{"it cannot write its data to disk, and may refuse to change it",
                                     "see its log; free or repair its disk"};
inline constexpr Refusal kTooFewReplicas{"it has fewer replicas than its min-replicas-to-write: it takes no claims",
                                         "connect more replicas, or lower min-replicas-to-write"};

// The error for people: a refusal in words, "its memory is full: …: raise maxmemory, …"; any other as it is, but for
// the name of the script that met it.
std::string Explain(std::string_view error);

}  // namespace rota::redis
