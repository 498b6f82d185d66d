// Compares Rota's instants with those of croner and cron-parser, on random expressions in random zones.
//
//   npm ci && node compare.mjs ../../build/release/apps/rota/rota [count] [seed]
//
// Prints how many answers agree, and the rest sorted into the classes that docs/cron.md explains. Exits with 1 when a
// difference belongs to none of them.
import { spawnSync } from "node:child_process";
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";

const [program, count = "20000", seed = "1"] = process.argv.slice(2);
if (!program) {
  console.error("usage: node compare.mjs PROGRAM [COUNT] [SEED]");
  process.exit(2);
}

const kDay = 86_400_000;
const kInstants = 3; // Asked for at once.
const kShown = 2; // Examples of each class.

// mulberry32: the same cases for the same seed.
let state = Number(seed) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

const kMonths = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const kWeekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

function number(low, high, names) {
  const value = low + below(high - low + 1);
  return names && random() < 0.4 ? names[(value - low) % names.length] : String(value);
}

function item(low, high, names) {
  const from = low + below(high - low + 1);
  const to = from + below(high - from + 1);
  const step = 1 + below(high - low);
  return pick([
    () => number(low, high, names),
    () => number(low, high, names),
    () => `${from}-${to}`,
    () => `${from}-${to}/${step}`,
    () => `*/${step}`,
  ])();
}

function field(low, high, names) {
  const shape = random();
  if (shape < 0.35) return "*";
  if (shape < 0.8) return item(low, high, names);
  return [...new Set([item(low, high, names), item(low, high, names)])].join(",");
}

function expression() {
  const fields = [field(0, 59), field(0, 23), field(1, 31), field(1, 12, kMonths), field(0, 6, kWeekdays)];
  const special = random();
  if (special < 0.05) fields[2] = "L";
  else if (special < 0.08) fields[2] = "LW";
  else if (special < 0.12) fields[2] = `${1 + below(31)}W`;
  else if (special < 0.17) fields[4] = `${below(7)}#${1 + below(5)}`;
  else if (special < 0.22) fields[4] = `${below(8)}L`;
  if (random() < 0.1) fields[4] = "+" + fields[4].replace("+", "");
  if (random() < 0.3) fields.unshift(field(0, 59));
  return fields.join(" ");
}

const kZones = [
  "UTC", "America/New_York", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Asia/Shanghai", "Asia/Kolkata",
  "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Auckland", "Pacific/Chatham", "America/Sao_Paulo",
  "America/Havana", "America/Santiago", "Africa/Casablanca", "Africa/Cairo", "Asia/Tehran", "Asia/Beirut",
  "Antarctica/Troll", "America/St_Johns",
];
// Node may have rules of the zones that are older than the system's: this far back both are the same.
const kBegin = Date.UTC(1995, 0, 1);
const kEnd = Date.UTC(2025, 0, 1);

const formats = new Map();
function offset(zone, instant) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" }));
  }
  return formats.get(zone).formatToParts(new Date(instant)).find((part) => part.type === "timeZoneName").value;
}

// The days on which the zone's offset changes.
const changes = new Map();
function changesOf(zone) {
  if (!changes.has(zone)) {
    const found = [];
    for (let at = kBegin; at < kEnd; at += kDay) {
      if (offset(zone, at) !== offset(zone, at + kDay)) found.push(at);
    }
    changes.set(zone, found);
  }
  return changes.get(zone);
}

// Half of them within a day and a half of a change of the clocks.
function instantFor(zone) {
  const near = changesOf(zone);
  const [begin, length] = near.length && random() < 0.5 ? [pick(near) - kDay, 3 * kDay] : [kBegin, kEnd - kBegin];
  return begin + Math.floor((random() * length) / 1000) * 1000;
}

const cases = [];
for (let i = 0; i < Number(count); ++i) {
  const zone = pick(kZones);
  cases.push({ text: expression(), zone, from: instantFor(zone), backwards: random() < 0.4 });
}

// An unanswered question is "ERROR", a schedule that has ended "NONE".
const show = (dates) => (dates.length ? dates.map((d) => d.toISOString().replace(".000Z", "Z")).join(",") : "NONE");

function askRota() {
  const lines = cases.map(
    (c) => `${c.text}\t${c.zone}\t${new Date(c.from).toISOString()}\t${c.backwards ? -kInstants : kInstants}\n`,
  );
  const done = spawnSync(program, ["cron:next", "--batch"], { input: lines.join(""), maxBuffer: 2 ** 30 });
  if (done.status !== 0) throw new Error(`${program}: ${done.stderr}`);
  return done.stdout.toString().trimEnd().split("\n").map((line) => (line.startsWith("ERROR") ? "ERROR" : line));
}

function askCroner({ text, zone, from, backwards }) {
  try {
    const cron = new Cron(text, { timezone: zone });
    return show((backwards ? cron.previousRuns(kInstants, new Date(from)) : cron.nextRuns(kInstants, new Date(from))) ?? []);
  } catch {
    return "ERROR";
  }
}

function askCronParser({ text, zone, from, backwards }) {
  let cron;
  try {
    cron = CronExpressionParser.parse(text, { tz: zone, currentDate: new Date(from) });
  } catch {
    return "ERROR";
  }
  const dates = [];
  try {
    while (dates.length < kInstants) dates.push((backwards ? cron.prev() : cron.next()).toDate());
  } catch {
    // It throws where the schedule ends.
  }
  return show(dates);
}

// Whether the zone's offset changes within a day of one of the instants.
function nearTransition(zone, instants) {
  return instants.some((at) => offset(zone, at - 1.5 * kDay) !== offset(zone, at + 1.5 * kDay));
}

function classify(question, ours, theirs) {
  if (ours === "ERROR") return "refused by Rota";
  if (theirs === "ERROR") return "refused by the peer";
  const instants = [...ours.split(","), ...theirs.split(",")].filter((t) => t !== "NONE").map(Date.parse);
  if (instants.some((at) => at >= kEnd)) return "later than the rules that both have";
  if (nearTransition(question.zone, [question.from, ...instants])) {
    const fields = question.text.split(" ");
    const wildcard = fields.slice(0, fields.length - 3).some((text) => text.startsWith("*"));
    return `around a change of the clocks, ${wildcard ? "following real time" : "at fixed times"}`;
  }
  if (ours === "NONE" || theirs === "NONE" || ours.split(",").length !== theirs.split(",").length) {
    return "far away: one of them gives up";
  }
  return "unexplained";
}

const rota = askRota();
let unexplained = 0;
for (const [name, ask] of Object.entries({ croner: askCroner, "cron-parser": askCronParser })) {
  const classes = new Map();
  let equal = 0;
  cases.forEach((question, i) => {
    const answer = ask(question);
    if (answer === rota[i]) return ++equal;
    const kind = classify(question, rota[i], answer);
    if (!classes.has(kind)) classes.set(kind, []);
    classes.get(kind).push({ ...question, from: new Date(question.from).toISOString(), rota: rota[i], theirs: answer });
  });
  console.log(`${name}: ${equal} of ${cases.length} equal`);
  for (const [kind, found] of [...classes].sort()) {
    console.log(`  ${kind}: ${found.length}`);
    for (const one of found.slice(0, kind === "unexplained" ? 10 : kShown)) console.log(`    ${JSON.stringify(one)}`);
  }
  unexplained += classes.get("unexplained")?.length ?? 0;
}
process.exit(unexplained > 0 ? 1 : 0);
