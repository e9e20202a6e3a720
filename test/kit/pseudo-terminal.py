"""Runs a command in a pseudo-terminal of 40 lines by 120 columns, types keys when a text appears, passes all output on."""
import fcntl, json, os, pty, select, struct, sys, termios, time

settings = json.loads(sys.argv[1])
keys = [(key["after"].encode(), key["send"].encode()) for key in settings["keys"]]
deadline = time.monotonic() + settings["deadlineMs"] / 1000

master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
child = os.fork()
if child == 0:
    os.close(master)
    os.login_tty(slave)
    os.execvp(settings["command"][0], settings["command"])
os.close(slave)

unread = b""
while True:
    if time.monotonic() > deadline:
        os.killpg(child, 9)
        sys.exit(124)
    if not select.select([master], [], [], 0.2)[0]:
        continue
    try:
        output = os.read(master, 65536)
    except OSError:  # The last holder of the terminal is gone.
        break
    if not output:
        break
    os.write(1, output)
    unread += output
    if keys and keys[0][0] in unread:
        os.write(master, keys[0][1])
        keys, unread = keys[1:], b""

sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256)
