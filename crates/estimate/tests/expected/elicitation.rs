//! PERT laws against scipy's beta.

use super::near;
use witnessmark_estimate::elicitation::Pert;

#[test]
fn pert() {
    let cases = [
        ([5.0, 7.0, 10.0], [7.166_67, 0.936_47, 5.5200, 7.1274, 9.0200]),
        ([35.0, 50.0, 70.0], [50.833_33, 6.584_31, 39.0426, 50.6367, 63.6584]),
    ];
    for ([low, mode, high], [mean, deviation, q025, q500, q975]) in cases {
        let law = Pert::new(low, mode, high).expect("in order");
        near("mean", law.mean(), mean, 1e-4);
        near("sd", law.standard_deviation(), deviation, 1e-4);
        near("2.5 %", law.quantile(0.025), q025, 1e-4);
        near("50 %", law.quantile(0.5), q500, 1e-4);
        near("97.5 %", law.quantile(0.975), q975, 1e-4);
    }
    assert!(Pert::new(3.0, 2.0, 5.0).is_none());
}
