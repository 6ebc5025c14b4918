"""measure.py ROUNDS "NAME<tab>COMMAND<tab>ARGUMENT…" …: runs the commands in turn, so that a busy machine is busy for all of
them, and prints the best processor time, clock time and memory of each, and the first command's divided by each."""
import os, sys, subprocess, time

rounds, commands = int(sys.argv[1]), [line.split('\t') for line in sys.argv[2:]]
best = {}
for _ in range(rounds):
    for name, *command in commands:
        start = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        clock = time.monotonic() - start
        if status != 0 and name == commands[0][0]:
            sys.exit(f'{name} ended with status {status}')
        now = (used.ru_utime + used.ru_stime, clock, used.ru_maxrss / 1024)
        best[name] = tuple(map(min, best.get(name, now), now))
ours = best[commands[0][0]]
for name, (cpu, clock, memory) in best.items():
    print(f'  {name:12} processor {cpu:7.2f} s  clock {clock:7.2f} s  memory {memory:5.0f} MiB'
          f'  ours/this: processor {ours[0] / cpu:.3f}  clock {ours[1] / clock:.3f}')
