"""Nearly equal texts by rensa: near_duplicates.py TEXTS. Called by
near_duplicates.sh. The runs are three words that white space parts, which is less work than our terms are."""

import json
import sys
import time
from importlib.metadata import version

from rensa import RMinHash, RMinHashLSH

THRESHOLD, PERMUTATIONS, BANDS = 0.8, 128, 16


def main(path):
    with open(path, encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines]
    started = time.process_time()
    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=BANDS)
    sketches = []
    for number, text in enumerate(texts):
        words = text.split()
        sketch = RMinHash(num_perm=PERMUTATIONS, seed=42)
        sketch.update([" ".join(words[at : at + 3]) for at in range(max(len(words) - 2, 1))])
        index.insert(number, sketch)
        sketches.append(sketch)
    pairs = 0
    for number, sketch in enumerate(sketches):
        for other in index.query(sketch):
            if other > number and sketch.jaccard(sketches[other]) >= THRESHOLD:
                pairs += 1
    took = time.process_time() - started
    print(f"rensa {version('rensa')}: {pairs} pairs by its estimate in {took:.2f} s")
    print(f"seconds {took:.3f}")


main(sys.argv[1])
