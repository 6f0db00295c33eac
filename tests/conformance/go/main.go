// A second opinion on our log by golang.org/x/mod/sumdb.
//
// It reads one JSON object from standard input, judges every item in it, and writes what it found to standard output:
// how many items of each kind it accepted, and a line for every item whose outcome is not the wanted one.
// The tree is built here from the entries themselves, so that our roots and proofs are compared with Go's own.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type checkpoint struct {
	Note []byte
	Size int64
	Root []byte
	Want bool
}

type record struct {
	Size, Index int64
	Proof       [][]byte
	Want        bool
}

type tree struct {
	Old, New int64
	Proof    [][]byte
	Want     bool
}

type input struct {
	VKey        string
	Entries     [][]byte
	Checkpoints []checkpoint
	Records     []record
	Trees       []tree
}

type output struct {
	Checkpoints, Records, Trees int
	Findings                    []string
}

func (o *output) finding(format string, args ...interface{}) {
	o.Findings = append(o.Findings, fmt.Sprintf(format, args...))
}

// stored is a tree held in memory, in the order of tlog.StoredHashIndex.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(s)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		hashes[i] = s[index]
	}
	return hashes, nil
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		fmt.Fprintln(os.Stderr, "malformed input:", err)
		os.Exit(1)
	}
	out := output{Findings: []string{}}
	var hashes stored
	for i, entry := range in.Entries {
		added, err := tlog.StoredHashes(int64(i), entry, hashes)
		if err != nil {
			fmt.Fprintln(os.Stderr, "cannot build the tree:", err)
			os.Exit(1)
		}
		hashes = append(hashes, added...)
	}
	checkCheckpoints(&in, &out, hashes)
	checkRecords(&in, &out, hashes)
	checkTrees(&in, &out, hashes)
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		os.Exit(1)
	}
}

func checkCheckpoints(in *input, out *output, hashes stored) {
	verifier, err := note.NewVerifier(in.VKey)
	if err != nil {
		out.finding("vkey: %v", err)
		return
	}
	for i, c := range in.Checkpoints {
		opened, err := note.Open(c.Note, note.VerifierList(verifier))
		if err == nil {
			want := fmt.Sprintf("%s\n%d\n%s\n", verifier.Name(), c.Size, hash(c.Root))
			root, treeErr := tlog.TreeHash(c.Size, hashes)
			switch {
			case treeErr != nil:
				err = treeErr
			case opened.Text != want:
				err = fmt.Errorf("text %q, not %q", opened.Text, want)
			case !bytes.Equal(root[:], c.Root):
				err = fmt.Errorf("another root")
			case len(opened.Sigs) != 1:
				err = fmt.Errorf("%d verified signatures", len(opened.Sigs))
			}
		}
		if (err == nil) != c.Want {
			out.finding("checkpoint %d of size %d: %v", i, c.Size, err)
		} else if c.Want {
			out.Checkpoints++
		}
	}
}

func checkRecords(in *input, out *output, hashes stored) {
	for i, r := range in.Records {
		root, err := tlog.TreeHash(r.Size, hashes)
		if err == nil {
			err = tlog.CheckRecord(proof(r.Proof), r.Size, root, r.Index, tlog.RecordHash(in.Entries[r.Index]))
		}
		if err == nil {
			made, _ := tlog.ProveRecord(r.Size, r.Index, hashes)
			err = same(made, r.Proof)
		}
		if (err == nil) != r.Want {
			out.finding("record %d, entry %d of %d: %v", i, r.Index, r.Size, err)
		} else if r.Want {
			out.Records++
		}
	}
}

func checkTrees(in *input, out *output, hashes stored) {
	for i, t := range in.Trees {
		before, err := tlog.TreeHash(t.Old, hashes)
		if err != nil {
			out.finding("tree %d: %v", i, err)
			continue
		}
		after, err := tlog.TreeHash(t.New, hashes)
		if err == nil {
			err = tlog.CheckTree(proof(t.Proof), t.New, after, t.Old, before)
		}
		if err == nil {
			made, _ := tlog.ProveTree(t.New, t.Old, hashes)
			err = same(made, t.Proof)
		}
		if (err == nil) != t.Want {
			out.finding("tree %d, %d to %d: %v", i, t.Old, t.New, err)
		} else if t.Want {
			out.Trees++
		}
	}
}

func hash(b []byte) tlog.Hash {
	var h tlog.Hash
	copy(h[:], b)
	return h
}

func proof(steps [][]byte) []tlog.Hash {
	hashes := make([]tlog.Hash, len(steps))
	for i, step := range steps {
		hashes[i] = hash(step)
	}
	return hashes
}

func same(made []tlog.Hash, given [][]byte) error {
	if len(made) != len(given) {
		return fmt.Errorf("%d hashes, where Go makes %d", len(given), len(made))
	}
	for i := range made {
		if !bytes.Equal(made[i][:], given[i]) {
			return fmt.Errorf("hash %d is another than Go's", i)
		}
	}
	return nil
}
