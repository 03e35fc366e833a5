/** A plugin for pytest: writes what it reports as one signed JSON line a test, at once, so that a killed run keeps what it had. */
export const pytestReporter = `import hashlib, hmac, json, os, time

_folder = os.environ.pop('FW_TEST_RESULTS', None)
_secret = b''
try:
    while _folder and len(_secret) < 65:
        part = os.read(0, 65 - len(_secret))
        if not part:
            break
        _secret += part
except OSError:
    pass
_secret = _secret.strip()
_file = os.path.join(_folder, 'events-%d-%d.jsonl' % (os.getpid(), time.time_ns())) if _folder else None
_last = ''
_active = True


def _write(event):
    global _last
    if _file is None or not _active:
        return
    text = json.dumps(event)
    _last = hmac.new(_secret, (_last + ' ' + text).encode(), hashlib.sha256).hexdigest()
    with open(_file, 'a') as out:
        out.write(_last + ' ' + text + chr(10))


def _place(nodeid):
    name, bracket, rest = nodeid.partition('[')
    file, *path = name.split('::')
    if bracket and path:
        path[-1] += bracket + rest
    return {'file': file, 'path': path}


def pytest_configure(config):
    global _active
    # Workers of pytest-xdist report to this process.
    _active = not hasattr(config, 'workerinput')
    _write({'type': 'begin'})


def pytest_collectreport(report):
    if report.failed:
        _write({'type': 'broken', **_place(report.nodeid), 'message': str(report.longrepr)[:8000]})


def pytest_runtest_logreport(report):
    place = _place(report.nodeid)
    duration = max(0, report.duration * 1000)
    message = str(report.longrepr or '')[:8000]
    if report.when == 'call' and report.outcome == 'failed':
        crash = getattr(getattr(report.longrepr, 'reprcrash', None), 'message', '') or message
        asserted = crash.startswith(('AssertionError', 'assert ', 'Failed: ', '[XPASS(strict)]'))
        _write({'type': 'case', **place, 'status': 'failed', 'durationMs': duration, 'message': message, 'failure': 'assertion' if asserted else 'error'})
    elif report.outcome == 'failed':
        _write({'type': 'broken', **place, 'durationMs': duration, 'message': message})
    elif report.outcome == 'skipped' and report.when in ('setup', 'call'):
        _write({'type': 'case', **place, 'status': 'skipped', 'durationMs': duration})
    elif report.when == 'call' and report.outcome == 'passed':
        _write({'type': 'case', **place, 'status': 'passed', 'durationMs': duration})


def pytest_sessionfinish(session, exitstatus):
    _write({'type': 'end'})
`;
