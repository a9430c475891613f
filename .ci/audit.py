"""Ask for known faults in the locked packages, where the audit service can be reached."""

import subprocess
import sys

COMMAND = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "-r"]
UNREACHABLE = (
    "ConnectionError",
    "MaxRetryError",
    "ServiceError",
    "Connection refused",
    "timed out",
)


def main() -> int:
    """Return 1 when a known fault is found; say so aloud when nobody could be asked."""
    run = subprocess.run(
        [*COMMAND, "lock/run.txt", "--timeout", "10"], capture_output=True, text=True, check=False
    )
    if run.returncode and any(sign in run.stderr for sign in UNREACHABLE):
        print("pip-audit: NOT RUN, the audit service cannot be reached from here")
        return 0
    said = (run.stdout + run.stderr).strip().splitlines()
    unknown = [line for line in said if "could not be audited" in line]
    print("\n".join(line for line in said if line not in unknown))
    if unknown:
        print(
            f"pip-audit: {len(unknown)} packages NOT AUDITED, the service does not know them here"
        )
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
