/**
 * The line as it lies in Redis, and every change to it. Each change is one script: it happens as a whole or not at all, whoever else
 * is at work, and doing it twice is doing it once, for a connection that breaks sends again what was not answered.
 *
 *   <line>:job:<id>      hash: data (the job, JSON), place, attempt (dispatches so far), losses, worker, since (ms), cancelled
 *   <line>:ids           set of the ids that have such a hash
 *   <line>:outcome:<id>  how it ended, JSON; expires by itself if nobody forgets it
 *   <line>:fair          what fair dispatch remembers, JSON        <line>:pace   hash: checkpoint → seconds per credit
 *   <line>:paused        groups of which nothing new is begun
 *   <line>:lease         the process that dispatches
 *   <line>:workers       sorted set: who takes jobs, by their last sign of life, ms
 *   <line>:loaded        hash: worker → checkpoint of its last job
 *   <line>:announcers, <line>:catalogs                             who announced what they can do, likewise
 *   channels <line>:events (job events, JSON) and <line>:stop (ids whose handlers are to stop)
 *
 * A job's place is `waiting` (nobody's), `handed` (given to the broker) or `running` (a worker's).
 */

const outcomeKeptMs = 7 * 24 * 3_600_000;

const prelude = `
local line = KEYS[1]
local now = (function() local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000) end)()
local function keyOf(id) return line .. ':job:' .. id end
local function get(id, field) return redis.call('HGET', keyOf(id), field) end
local function tell(event) redis.call('PUBLISH', line .. ':events', event) end
local function moved() tell('{"kind":"line-moved"}') end
local function finish(id, outcome)
  if not redis.call('SET', line .. ':outcome:' .. id, outcome, 'NX', 'PX', ${outcomeKeptMs}) then return 0 end
  redis.call('DEL', keyOf(id))
  redis.call('SREM', line .. ':ids', id)
  redis.call('PUBLISH', line .. ':stop', id)
  tell('{"kind":"ended","id":"' .. id .. '","outcome":' .. outcome .. '}')
  moved()
  return 1
end
local function toLine(id)
  if get(id, 'cancelled') then return finish(id, '{"kind":"cancelled"}') end
  redis.call('HSET', keyOf(id), 'place', 'waiting', 'since', now)
  redis.call('HDEL', keyOf(id), 'worker')
  moved()
  return 1
end
`;

const script = (body: string) => `${prelude}${body}`;

/** id, data → 1 when it is new. */
export const add = script(`
local id = ARGV[1]
if redis.call('EXISTS', keyOf(id), line .. ':outcome:' .. id) > 0 then return 0 end
redis.call('HSET', keyOf(id), 'data', ARGV[2], 'place', 'waiting', 'attempt', 0, 'losses', 0, 'since', now)
redis.call('SADD', line .. ':ids', id)
moved()
return 1`);

/** id. */
export const cancel = script(`
local id, place = ARGV[1], get(ARGV[1], 'place')
if place == 'running' then
  redis.call('HSET', keyOf(id), 'cancelled', 1)
  redis.call('PUBLISH', line .. ':stop', id)
elseif place then
  finish(id, '{"kind":"cancelled"}')
end
return 0`);

/** → now, fair, workers, what they have loaded, pace, paused groups, jobs as [data, place, attempt, since, worker]. */
export const snapshot = script(`
local jobs = {}
for _, id in ipairs(redis.call('SMEMBERS', line .. ':ids')) do
  jobs[#jobs + 1] = redis.call('HMGET', keyOf(id), 'data', 'place', 'attempt', 'since', 'worker')
end
local fair, pace = redis.call('GET', line .. ':fair'), redis.call('HGETALL', line .. ':pace')
local workers, loaded = redis.call('ZRANGE', line .. ':workers', 0, -1), redis.call('HGETALL', line .. ':loaded')
return { now, fair, workers, loaded, pace, redis.call('SMEMBERS', line .. ':paused'), jobs }`);

/** me, time to live in ms → 1 while the lease is mine. */
export const lease = script(`
local owner = redis.call('GET', line .. ':lease')
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', line .. ':lease', ARGV[1], 'PX', ARGV[2])
return 1`);

/** me. */
export const release = script(`
if redis.call('GET', line .. ':lease') == ARGV[1] then redis.call('DEL', line .. ':lease') end
return 0`);

/** id, me, fair → the attempt this is; 0 when the job or the lease is gone. */
export const hand = script(`
local id = ARGV[1]
if redis.call('GET', line .. ':lease') ~= ARGV[2] or get(id, 'place') ~= 'waiting' then return 0 end
redis.call('SET', line .. ':fair', ARGV[3])
redis.call('HSET', keyOf(id), 'place', 'handed', 'since', now)
return redis.call('HINCRBY', keyOf(id), 'attempt', 1)`);

/** id, attempt: what the broker has lost returns to the line. */
export const takeBack = script(`
local id = ARGV[1]
if get(id, 'place') ~= 'handed' or get(id, 'attempt') ~= ARGV[2] then return 0 end
return toLine(id)`);

/** id, attempt, worker → data; nil when this attempt is not wanted any more. */
export const begin = script(`
local id, place, worker = ARGV[1], get(ARGV[1], 'place'), ARGV[3]
if get(id, 'attempt') ~= ARGV[2] then return false end
if place == 'handed' then
  redis.call('HSET', keyOf(id), 'place', 'running', 'worker', worker, 'since', now)
  redis.call('HSET', line .. ':loaded', worker, cjson.decode(get(id, 'data')).task.request.params.checkpoint)
  tell('{"kind":"started","id":"' .. id .. '"}')
  moved()
elseif place ~= 'running' or get(id, 'worker') ~= worker then
  return false
end
return get(id, 'data')`);

/** id, outcome. */
export const finish = script(`return finish(ARGV[1], ARGV[2])`);

/** id, worker: a worker that is told to stop gives its job back. */
export const giveBack = script(`
local id = ARGV[1]
if get(id, 'place') ~= 'running' or get(id, 'worker') ~= ARGV[2] then return 0 end
return toLine(id)`);

/**
 * worker, id and data of the job in its hands or '' → 1 when it should stop that job.
 * A Redis that came back without its data learns from this what is running; a worker thought lost takes its job again.
 */
export const beat = script(`
local worker, id = ARGV[1], ARGV[2]
if redis.call('ZADD', line .. ':workers', now, worker) == 1 then moved() end
if id == '' then return 0 end
if redis.call('EXISTS', line .. ':outcome:' .. id) == 1 then return 1 end
local place = get(id, 'place')
if place ~= 'running' then
  if place and tonumber(get(id, 'losses')) > 0 then redis.call('HINCRBY', keyOf(id), 'losses', -1) end
  if not place then redis.call('HSET', keyOf(id), 'data', ARGV[3], 'losses', 0) end
  redis.call('SADD', line .. ':ids', id)
  redis.call('HINCRBY', keyOf(id), 'attempt', 1)
  redis.call('HSET', keyOf(id), 'place', 'running', 'worker', worker, 'since', now)
  moved()
end
return get(id, 'cancelled') and 1 or 0`);

/** worker. */
export const leave = script(`
redis.call('HDEL', line .. ':loaded', ARGV[1])
if redis.call('ZREM', line .. ':workers', ARGV[1]) == 1 then moved() end
return 0`);

/** announcer, catalogue. */
export const announce = script(`
redis.call('ZADD', line .. ':announcers', now, ARGV[1])
redis.call('HSET', line .. ':catalogs', ARGV[1], ARGV[2])
return 0`);

/** Silence in ms after which a worker counts as lost: its job returns to the line once, then it has failed. */
export const reap = script(`
local silent = now - ARGV[1]
for _, who in ipairs(redis.call('ZRANGEBYSCORE', line .. ':workers', '-inf', silent)) do
  redis.call('ZREM', line .. ':workers', who)
  redis.call('HDEL', line .. ':loaded', who)
end
for _, who in ipairs(redis.call('ZRANGEBYSCORE', line .. ':announcers', '-inf', silent)) do
  redis.call('ZREM', line .. ':announcers', who)
  redis.call('HDEL', line .. ':catalogs', who)
end
local lost = {}
for _, id in ipairs(redis.call('SMEMBERS', line .. ':ids')) do
  if get(id, 'place') == 'running' and not redis.call('ZSCORE', line .. ':workers', get(id, 'worker')) then
    lost[#lost + 1] = id
    if redis.call('HINCRBY', keyOf(id), 'losses', 1) < 2 then toLine(id)
    else finish(id, '{"kind":"failed","error":{"code":"worker-lost","details":{}}}') end
  end
end
return lost`);
