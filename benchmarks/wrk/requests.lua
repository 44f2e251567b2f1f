-- A request a line of a file, in rotation. ARGS: METHOD FILE NAME
-- NAME is the header that a line is the value of, or "body".
-- Headers are given with each request: a script that assigns wrk.headers would drop Host, and measure 400s.
local requests, turn = {}, 0

function init(args)
  local method, file, name = args[1], args[2], args[3]
  for line in io.lines(file) do
    local headers, body = {}, nil
    for key, value in pairs(wrk.headers) do headers[key] = value end
    if name == "body" then body = line else headers[name] = line end
    requests[#requests + 1] = wrk.format(method, nil, headers, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
end
