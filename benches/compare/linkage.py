"""Linkage of FEBRL 4 by Splink: F1 against the true links, and CPU seconds. Called by linkage.sh.

Seven comparisons and five blocks, threshold 0.5: the settings whose figures stand in the project's data.
"""

import logging
import os
import resource
import sys
import warnings

import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

FIELDS = ["given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state",
          "date_of_birth", "soc_sec_id"]


def cpu():
    """Seconds of user and system time of this process and its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(folder):
    def read(name):
        table = pd.read_csv(os.path.join(folder, name), dtype=str, skipinitialspace=True)
        table.columns = [column.strip() for column in table.columns]
        return table.apply(lambda column: column.str.strip())

    begun = cpu()
    a, b = read("febrl4a.csv"), read("febrl4b.csv")
    links = read("febrl4_links.csv")
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="rec_id",
        blocking_rules_to_generate_predictions=[
            block_on("soc_sec_id"),
            block_on("date_of_birth"),
            block_on("given_name", "surname"),
            block_on("postcode"),
            block_on("suburb", "state"),
        ],
        comparisons=[
            cl.JaroWinklerAtThresholds("given_name", [0.9, 0.7]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("surname", [0.9, 0.7]).configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("date_of_birth", [1, 2]),
            cl.LevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.LevenshteinAtThresholds("postcode", [1, 2]),
            cl.JaroWinklerAtThresholds("address_1", [0.9, 0.7]),
            cl.JaroWinklerAtThresholds("suburb", [0.9, 0.7]),
        ],
    )
    database = DuckDBAPI()
    linker = Linker([database.register(a), database.register(b)], settings)
    linker.training.estimate_probability_two_random_records_match([block_on("soc_sec_id")], recall=0.9)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("soc_sec_id"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("date_of_birth"))
    found = linker.inference.predict(threshold_match_probability=0.5).as_pandas_dataframe()
    used = cpu() - begun
    pairs = {tuple(sorted(pair)) for pair in zip(found["rec_id_l"], found["rec_id_r"])}
    truth = {tuple(sorted(pair)) for pair in zip(links.iloc[:, 0], links.iloc[:, 1])}
    right = len(pairs & truth)
    precision, recall = right / len(pairs), right / len(truth)
    print(f"{2 * precision * recall / (precision + recall):.5f} {used:.2f}")


main(sys.argv[1])
