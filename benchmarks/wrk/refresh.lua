-- Refreshes in turns: each refresh token once, and what the answer gives back at the end of the queue.
-- ARGS: FILE PREFIX SUFFIX. A body is PREFIX token SUFFIX.
local queue, first, last = {}, 1, 0
local prefix, suffix = "", ""

function init(args)
  prefix, suffix = args[2], args[3] or ""
  for line in io.lines(args[1]) do last = last + 1; queue[last] = line end
end

function request()
  local token = queue[first]
  if token == nil then return wrk.format("POST", nil, wrk.headers, prefix .. "none-left" .. suffix) end
  queue[first] = nil
  first = first + 1
  return wrk.format("POST", nil, wrk.headers, prefix .. token .. suffix)
end

function response(status, headers, body)
  local token = body:match('"refresh_token"%s*:%s*"([^"]+)"') or body:match('"refresh"%s*:%s*"([^"]+)"')
  if token then last = last + 1; queue[last] = token end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
end
