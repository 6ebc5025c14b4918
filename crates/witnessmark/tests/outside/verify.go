// An outside verifier of a case's log and of a dossier's log part, on other people's code alone: Go's own checksum
// database (golang.org/x/mod/sumdb/note and tlog). It was written from docs/format.md and from the C2SP documents, and
// shares no line with the Rust code.
//
//	apt-get install golang-go golang-golang-x-mod-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode go run verify.go log CASE/log VKEY
//	… verify.go cosigned CASE/log VKEY WITNESS-VKEY…
//	… verify.go dossier FOLDER
//
// Prints one line for what holds and ends with 0, or prints what fails and ends with 1.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8 // tiles are 2^8 wide (C2SP tlog-tiles)

func main() {
	if len(os.Args) < 3 {
		fail(errors.New("usage: verify log|cosigned|dossier FOLDER [VKEY…]"))
	}
	var said string
	var err error
	switch os.Args[1] {
	case "log":
		said, err = verifyLog(os.Args[2], argument(3))
	case "cosigned":
		said, err = verifyCosigned(os.Args[2], argument(3), os.Args[4:])
	case "dossier":
		said, err = verifyDossier(os.Args[2])
	default:
		err = fmt.Errorf("unknown command %q", os.Args[1])
	}
	fail(err)
	fmt.Println(said)
}

func argument(n int) string {
	if len(os.Args) <= n {
		fail(errors.New("a verifier key is missing"))
	}
	return os.Args[n]
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// openCheckpoint verifies the signed note and reads its three lines.
func openCheckpoint(signed []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s", verifier.Name())
	}
	size, err := decimal(lines[1])
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func decimal(text string) (int64, error) {
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(number, 10) != text || number < 0 {
		return 0, fmt.Errorf("%q is not a plain decimal", text)
	}
	return number, nil
}

// tiles reads the tiles of a tlog-tiles folder for tlog, which verifies each against the root.
type tiles struct {
	folder string
	read   map[string][]byte
}

func (t *tiles) Height() int { return tileHeight }

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		// Go's paths name the height, C2SP's do not.
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		if t.read[path] == nil {
			bytes, err := os.ReadFile(filepath.Join(t.folder, path))
			if err != nil {
				return nil, err
			}
			if len(bytes) != tile.W*tlog.HashSize {
				return nil, fmt.Errorf("%s has %d bytes, not %d hashes", path, len(bytes), tile.W)
			}
			t.read[path] = bytes
		}
		data[i] = t.read[path]
	}
	return data, nil
}

// bundle reads the leaves first..first+width of an entry bundle.
func bundle(folder string, index int64, width int64) ([][]byte, error) {
	tile := tlog.Tile{H: tileHeight, L: 0, N: index, W: int(width)}
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/0/", tileHeight), "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(folder, path))
	if err != nil {
		return nil, err
	}
	var leaves [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s: its lengths do not add up", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		leaves = append(leaves, data[2:end])
		data = data[end:]
	}
	if int64(len(leaves)) != width {
		return nil, fmt.Errorf("%s holds %d leaves, not %d", path, len(leaves), width)
	}
	return leaves, nil
}

// readLog opens the checkpoint and gives a reader of verified hashes.
func readLog(folder, vkey string) (note.Verifier, tlog.Tree, tlog.HashReader, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, tlog.Tree{}, nil, err
	}
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return nil, tlog.Tree{}, nil, err
	}
	tree, err := openCheckpoint(signed, verifier)
	reader := tlog.TileHashReader(tree, &tiles{folder, map[string][]byte{}})
	return verifier, tree, reader, err
}

func verifyLog(folder, vkey string) (string, error) {
	_, tree, reader, err := readLog(folder, vkey)
	if err != nil {
		return "", err
	}
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil {
		return "", err
	}
	if root != tree.Hash {
		return "", fmt.Errorf("the tiles give the root %v, the checkpoint signs %v", root, tree.Hash)
	}
	const width = 1 << tileHeight
	for first := int64(0); first < tree.N; first += width {
		count := tree.N - first
		if count > width {
			count = width
		}
		leaves, err := bundle(folder, first/width, count)
		if err != nil {
			return "", err
		}
		for i, leaf := range leaves {
			index := first + int64(i)
			proof, err := tlog.ProveRecord(tree.N, index, reader)
			if err != nil {
				return "", err
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf)); err != nil {
				return "", fmt.Errorf("leaf %d: %w", index, err)
			}
		}
	}
	// Every earlier size of a small log; of a large one, those around the borders of tiles and some between.
	consistent := 0
	for size := int64(1); size <= tree.N; size++ {
		if tree.N > 1000 && size%width > 1 && size%61 != 0 && size != tree.N {
			continue
		}
		old, err := tlog.TreeHash(size, reader)
		if err != nil {
			return "", err
		}
		proof, err := tlog.ProveTree(tree.N, size, reader)
		if err != nil {
			return "", err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, size, old); err != nil {
			return "", fmt.Errorf("from size %d: %w", size, err)
		}
		consistent++
	}
	return fmt.Sprintf("log: %d entries proven, %d earlier sizes consistent, root %x", tree.N, consistent, tree.Hash[:]), nil
}

// cosigner verifies cosignature/v1 lines (C2SP tlog-cosignature, type 4).
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) (*cosigner, error) {
	fields := strings.SplitN(vkey, "+", 3)
	if len(fields) != 3 {
		return nil, fmt.Errorf("%q is not a verifier key", vkey)
	}
	typed, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil || len(typed) != 1+ed25519.PublicKeySize || typed[0] != 4 {
		return nil, fmt.Errorf("%q is not a key of type 4", vkey)
	}
	sum := sha256.Sum256(append([]byte(fields[0]+"\n"), typed...))
	if hex.EncodeToString(sum[:4]) != fields[1] {
		return nil, fmt.Errorf("%q: the hash does not belong to the key", vkey)
	}
	return &cosigner{fields[0], binary.BigEndian.Uint32(sum[:4]), typed[1:]}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	message := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), text...)
	return ed25519.Verify(c.key, message, signature[8:])
}

func verifyCosigned(folder, vkey string, witnesses []string) (string, error) {
	verifier, tree, reader, err := readLog(folder, vkey)
	if err != nil {
		return "", err
	}
	known := []note.Verifier{verifier}
	for _, witness := range witnesses {
		cosigner, err := newCosigner(witness)
		if err != nil {
			return "", err
		}
		known = append(known, cosigner)
	}
	checkpoints, err := filepath.Glob(filepath.Join(folder, "timestamps", "*", "checkpoint"))
	if err != nil {
		return "", err
	}
	cosignatures := 0
	for _, path := range checkpoints {
		signed, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		earlier, err := openCheckpoint(signed, verifier)
		if err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
		proof, err := tlog.ProveTree(tree.N, earlier.N, reader)
		if err != nil {
			return "", err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, earlier.N, earlier.Hash); err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
		lines, err := filepath.Glob(filepath.Join(filepath.Dir(path), "cosignature-*"))
		if err != nil {
			return "", err
		}
		for _, line := range lines {
			signature, err := os.ReadFile(line)
			if err != nil {
				return "", err
			}
			// The line joined to the checkpoint is a note with two signatures.
			opened, err := note.Open(append(append([]byte{}, signed...), signature...), note.VerifierList(known...))
			if err != nil {
				return "", fmt.Errorf("%s: %w", line, err)
			}
			if len(opened.Sigs) != 2 {
				return "", fmt.Errorf("%s is by no witness that was named", line)
			}
			cosignatures++
		}
	}
	return fmt.Sprintf("cosigned: %d cosignatures on %d checkpoints", cosignatures, len(checkpoints)), nil
}

// verifyProof checks a C2SP tlog-proof of a leaf, and gives the checkpoint in it.
func verifyProof(proof, leaf []byte, index int64, verifier note.Verifier) ([]byte, error) {
	border := bytes.Index(proof, []byte("\n\n"))
	if border < 0 {
		return nil, errors.New("no blank line before the checkpoint")
	}
	lines, signed := strings.Split(string(proof[:border]), "\n"), proof[border+2:]
	if lines[0] != "c2sp.org/tlog-proof@v1" || len(lines) < 2 || lines[1] != fmt.Sprintf("index %d", index) {
		return nil, fmt.Errorf("not a proof of entry %d", index)
	}
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		path = append(path, hash)
	}
	tree, err := openCheckpoint(signed, verifier)
	if err != nil {
		return nil, err
	}
	return signed, tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(leaf))
}

func verifyDossier(folder string) (string, error) {
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		fail(err)
		return data
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read("data/log.vkey"))))
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint(read("data/checkpoint"), verifier)
	if err != nil {
		return "", err
	}
	sums, err := note.Open(read("SHA256SUMS.note"), note.VerifierList(verifier))
	if err != nil {
		return "", fmt.Errorf("SHA256SUMS.note: %w", err)
	}
	if sums.Text != fmt.Sprintf("witnessmark dossier 1\n%x\n", sha256.Sum256(read("SHA256SUMS"))) {
		return "", errors.New("SHA256SUMS.note is of another SHA256SUMS")
	}
	var about struct {
		Log     string
		Size    int64
		Root    string
		Entries []int64
	}
	if err := json.Unmarshal(read("data/dossier.json"), &about); err != nil {
		return "", err
	}
	if about.Log != verifier.Name() || about.Size != tree.N || about.Root != hex.EncodeToString(tree.Hash[:]) {
		return "", errors.New("data/dossier.json names another checkpoint")
	}
	for _, index := range about.Entries {
		var entry struct {
			Index int64
			Leaf  string
			Proof string
		}
		name := fmt.Sprintf("entries/%d.json", index)
		if err := json.Unmarshal(read(name), &entry); err != nil {
			return "", err
		}
		if entry.Index != index {
			return "", fmt.Errorf("%s is of entry %d", name, entry.Index)
		}
		signed, err := verifyProof(read(entry.Proof), []byte(entry.Leaf), index, verifier)
		if err != nil {
			return "", fmt.Errorf("%s: %w", entry.Proof, err)
		}
		if !bytes.Equal(signed, read("data/checkpoint")) {
			return "", fmt.Errorf("%s carries another checkpoint", entry.Proof)
		}
	}
	return fmt.Sprintf("dossier: %d entries proven to be in a log of %d, root %x", len(about.Entries), tree.N, tree.Hash[:]), nil
}
