#!/bin/bash
# Compares capture by Chromium with bare Chromium on one local site, in one run. Bare: one process, a fresh context for
# each page, one page after another, load event, picture of the whole page (PNG). Ours: the same and every byte on
# record (`picture`), and with document, text and print besides (`all`). Prints pages a second by the clock and the
# processor time of each with all its processes; ratios are of pages a second, the best of ROUNDS runs.
# usage: browser.sh [ADDRESSES] [ROUNDS]     needs: cargo, python3, chromium. ADDRESSES: one a line, of a site that is
# being served; without it a site of 40 pages is made and served.
set -euo pipefail
addresses=${1:-}; rounds=${2:-3}
crate=$(cd "$(dirname "$0")/../.." && pwd)
(cd "$crate" && cargo build -q --release -p witnessmark-capture --example browser)
target=$(cd "$crate" && cargo metadata --format-version 1 --no-deps | python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])')
work=$(mktemp -d); trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
if [ -z "$addresses" ]; then
  cat > "$work/site.py" <<'PY'
import http.server, random, struct, sys, zlib
random.seed(1)
def chunk(kind, data): return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
def png(seed):
    rows = random.Random(seed).randbytes(3 * 160 * 100)
    raw = b''.join(b'\0' + rows[i * 480:(i + 1) * 480] for i in range(100))
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 160, 100, 8, 2, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(raw)) + chunk(b'IEND', b'')
pictures = [png(n) for n in range(20)]
words = 'the report says that county schools were counted 寄宿 学校 统计 данные район تقرير'.split()
def page(n):
    text = ''.join('<p>%s</p>' % ' '.join(random.choice(words) for _ in range(80)) for _ in range(25))
    images = ''.join('<img src=/picture/%d width=160 height=100>' % ((n + i) % 20) for i in range(8))
    script = '<script src=/script.js></script>' if n % 2 else ''
    return ('<!doctype html><meta charset=utf-8><title>page %d</title><link rel=stylesheet href=/style.css>%s<h1>%d</h1>%s%s' % (n, script, n, images, text)).encode()
pages = [page(n) for n in range(40)]
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm, wbufsize = 'HTTP/1.1', True, 1 << 16
    def log_message(self, *_): pass
    def do_GET(self):
        kind, _, number = self.path[1:].partition('/')
        if kind == 'page': body, mime = pages[int(number)], 'text/html; charset=utf-8'
        elif kind == 'picture': body, mime = pictures[int(number)], 'image/png'
        elif kind == 'style.css': body, mime = b'body{font:16px serif;max-width:50em;margin:auto}h1{color:#345}', 'text/css'
        elif kind == 'script.js': body, mime = b'document.title += " by script"', 'text/javascript'
        else: body, mime = b'', 'text/plain'
        self.send_response(200); self.send_header('Content-Type', mime); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler); server.daemon_threads = True
open(sys.argv[1], 'w').write(''.join('http://127.0.0.1:%d/page/%d\n' % (server.server_address[1], n) for n in range(40)))
server.serve_forever()
PY
  addresses=$work/addresses.txt
  python3 "$work/site.py" "$addresses.new" &
  for _ in $(seq 600); do [ -s "$addresses.new" ] && break; sleep 0.1; done
  mv "$addresses.new" "$addresses"
fi
cat > "$work/bare.py" <<'PY'
import base64, json, os, shutil, subprocess, sys, tempfile, time
to_read, to_write = os.pipe(); from_read, from_write = os.pipe()
profile = tempfile.mkdtemp(dir='/dev/shm')
def descriptors():
    os.dup2(to_read, 100); os.dup2(from_write, 101); os.dup2(100, 3); os.dup2(101, 4)
program = '/usr/lib/chromium/chromium' if os.path.exists('/usr/lib/chromium/chromium') else 'chromium'
flags = ['--no-sandbox'] if os.getuid() == 0 else []
process = subprocess.Popen([program, '--headless', '--remote-debugging-pipe', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync', '--hide-scrollbars', '--mute-audio',
    '--user-data-dir=' + profile, *flags, 'about:blank'], preexec_fn=descriptors, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
os.close(to_read); os.close(from_write)
source, number, buffer, events = os.fdopen(from_read, 'rb', buffering=0), 0, b'', []
def message():
    global buffer
    while b'\0' not in buffer: buffer += source.read(1 << 20)
    first, _, buffer = buffer.partition(b'\0'); return json.loads(first)
def call(method, session=None, **params):
    global number
    number += 1; text = {'id': number, 'method': method, 'params': params}
    if session: text['sessionId'] = session
    os.write(to_write, json.dumps(text).encode() + b'\0')
    while True:
        answer = message()
        if answer.get('id') == number: return answer['result']
        events.append(answer)
def wait(method, session):
    while True:
        while events:
            event = events.pop(0)
            if event['method'] == method and event.get('sessionId') == session: return
        events.append(message())
call('Browser.getVersion')
addresses = open(sys.argv[1]).read().split(); began = time.monotonic()
for address in addresses:
    context = call('Target.createBrowserContext')['browserContextId']
    target = call('Target.createTarget', url='about:blank', browserContextId=context, width=1280, height=900)['targetId']
    session = call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
    call('Page.enable', session); events.clear()
    call('Page.navigate', session, url=address); wait('Page.loadEventFired', session)
    size = call('Page.getLayoutMetrics', session)['cssContentSize']
    picture = call('Page.captureScreenshot', session, format='png', captureBeyondViewport=True, clip=dict(size, scale=1))
    assert len(base64.b64decode(picture['data'])) > 1000
    call('Target.disposeBrowserContext', browserContextId=context)
print(len(addresses), '%.3f' % (time.monotonic() - began), len(addresses), 0)
process.kill(); process.wait(); time.sleep(0.3); shutil.rmtree(profile, ignore_errors=True)
PY
cat > "$work/measure.py" <<'PY'
import ctypes, os, resource, subprocess, sys
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: Chromium's orphans come here, so that their time is counted
rounds, commands = int(sys.argv[1]), [line.split('\t') for line in sys.argv[2:]]
best = {}
for _ in range(rounds):
    for name, *command in commands:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        words = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.split()
        while True:
            try: os.wait()
            except ChildProcessError: break
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        assert words[0] == words[2], f'{name}: {words[2]} of {words[0]} pages'
        rate = int(words[0]) / float(words[1])
        if rate > best.get(name, (0, 0))[0]: best[name] = (rate, cpu)
bare = best['bare']
for name, (rate, cpu) in best.items():
    print(f'{name:16} {rate:6.2f} pages/s  processor {cpu:6.2f} s  this/bare: pages/s {rate / bare[0]:.2f} processor {cpu / bare[1]:.2f}')
PY
ours=$target/release/examples/browser
python3 "$work/measure.py" "$rounds" \
  "bare	python3	$work/bare.py	$addresses" \
  "picture, 1 tab	$ours	$addresses	1	picture" \
  "picture, 2 tabs	$ours	$addresses	2	picture" \
  "all, 2 tabs	$ours	$addresses	2	all"
