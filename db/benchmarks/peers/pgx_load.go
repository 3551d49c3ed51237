// SPDX-License-Identifier: MIT

// The load of throughput.cpp, through pgx's pool.
//
//	pgx_load URL MODE WORK TASKS CONNECTIONS SECONDS
//
// MODE is ignored: pgx prepares statements by itself. Ends with one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math/rand"
	"os"
	"sort"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v4/pgxpool"
)

const (
	rows   = 10000
	warm   = 300 * time.Millisecond
	read   = "SELECT id, name, email FROM bench_rows WHERE id = $1"
	sleep  = "SELECT pg_sleep(0.1)"
	every  = 20 // of them is a sleep, when the work is mixed, and not counted
	insert = "INSERT INTO bench_log (row_id, name) VALUES ($1, $2)"
)

type load struct {
	pool   *pgxpool.Pool
	insert bool
	mixed  bool
	from   time.Time
	until  time.Time
}

func (l *load) one(ctx context.Context, id int64) {
	if l.insert {
		if _, err := l.pool.Exec(ctx, insert, id, fmt.Sprintf("name %d", id)); err != nil {
			log.Fatal(err)
		}
		return
	}
	var found int64
	var name, email string
	if err := l.pool.QueryRow(ctx, read, id).Scan(&found, &name, &email); err != nil {
		log.Fatal(err)
	}
	if found != id {
		log.Fatal("another's row")
	}
}

func (l *load) task(seed int64) []int {
	ctx := context.Background()
	random := rand.New(rand.NewSource(seed))
	var microseconds []int
	for began := time.Now(); began.Before(l.until); {
		if l.mixed && random.Intn(every) == 0 {
			if _, err := l.pool.Exec(ctx, sleep); err != nil {
				log.Fatal(err)
			}
			began = time.Now()
			continue
		}
		l.one(ctx, random.Int63n(rows)+1)
		ended := time.Now()
		if !began.Before(l.from) {
			microseconds = append(microseconds, int(ended.Sub(began)/time.Microsecond))
		}
		began = ended
	}
	return microseconds
}

func cpuSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		log.Fatal(err)
	}
	return float64(used.Utime.Sec+used.Stime.Sec) + float64(used.Utime.Usec+used.Stime.Usec)/1e6
}

func (l *load) run(tasks int) (all []int, cpu float64) {
	found := make([][]int, tasks)
	var waiting sync.WaitGroup
	waiting.Add(tasks)
	for i := range found {
		go func(i int) {
			defer waiting.Done()
			found[i] = l.task(int64(i))
		}(i)
	}
	time.Sleep(time.Until(l.from))
	before := cpuSeconds()
	time.Sleep(time.Until(l.until))
	cpu = cpuSeconds() - before
	waiting.Wait()
	for _, one := range found {
		all = append(all, one...)
	}
	sort.Ints(all)
	return all, cpu
}

func summary(microseconds []int, seconds, cpu float64) map[string]interface{} {
	count := len(microseconds)
	at := func(part float64) int {
		if count == 0 {
			return 0
		}
		return microseconds[int(part*float64(count-1))]
	}
	each := 0.0
	if count > 0 {
		each = cpu * 1e6 / float64(count)
	}
	return map[string]interface{}{
		"per_second": int(float64(count) / seconds), "p50_us": at(0.5), "p99_us": at(0.99), "max_us": at(1),
		"client_cpu_us": each,
	}
}

func number(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	if len(os.Args) != 7 {
		log.Fatal("usage: pgx_load URL MODE read|insert|mixed TASKS CONNECTIONS SECONDS")
	}
	tasks, connections, seconds := int(number(os.Args[4])), int32(number(os.Args[5])), number(os.Args[6])
	config, err := pgxpool.ParseConfig(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	config.MaxConns = connections
	pool, err := pgxpool.ConnectConfig(context.Background(), config)
	if err != nil {
		log.Fatal(err)
	}
	from := time.Now().Add(warm)
	l := &load{pool, os.Args[3] == "insert", os.Args[3] == "mixed", from, from.Add(time.Duration(seconds * float64(time.Second)))}
	microseconds, cpu := l.run(tasks)
	pool.Close()
	line, err := json.Marshal(summary(microseconds, seconds, cpu))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}
