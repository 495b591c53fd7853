package browser

import (
	"os"
	"strconv"
	"strings"
)

// pressed reports that less than a tenth of the memory that we may use is left: of the machine's, or of our control group's (cgroups v2).
func pressed() bool {
	return scarce(meminfo()) || scarce(cgroup())
}

func scarce(free, total int64) bool {
	const share = 10
	return total > 0 && free < total/share
}

func meminfo() (free, total int64) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(b)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		n, _ := strconv.ParseInt(fields[1], 10, 64) // KiB, both
		switch fields[0] {
		case "MemTotal:":
			total = n
		case "MemAvailable:":
			free = n
		}
	}
	return free, total
}

func cgroup() (free, total int64) {
	limit, err := number("/sys/fs/cgroup/memory.max")
	if err != nil {
		return 0, 0 // "max", or no such group
	}
	used, err := number("/sys/fs/cgroup/memory.current")
	if err != nil {
		return 0, 0
	}
	return limit - used, limit
}

func number(path string) (int64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
}
