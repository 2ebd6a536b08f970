-- Answered calls, each another one, the same for the same seed.
local seed = tonumber(os.getenv("BENCH_SEED") or "1")
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("thread", threads)
end
function init()
  number = 0
  math.randomseed(seed * 1000 + thread)
end
local body = '{"event":"callLog","callLog":{"version":3,"id":"b-%d-%d-%d","url":"https://app.example/calls/b-%d","result":{"type":"answered",' ..
  '"startTimestamp":%d,"answerTimestamp":%d,"hangupTimestamp":%d},"direction":"inbound","user":{"type":"user","uid":"user-%d","email":"user-%d@example.com"},' ..
  '"phoneNumberE164":"+6491234567","otherParties":[{"type":"phoneNumber","phoneNumberE164":"+6421%07d"}]}}'
function request()
  number = number + 1
  local start = 1763700000000 + math.random(86400000)
  local user = math.random(500)
  local sent = body:format(seed, thread, number, number, start, start + math.random(20000), start + 20000 + math.random(600000), user, user, math.random(9999999))
  return wrk.format("POST", "/webhooks/vxt", { ["content-type"] = "application/json", authorization = "Bearer bench-token-0123456789" }, sent)
end
