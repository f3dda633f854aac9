/// Where ticks stand on an axis.
enum Axis {
    /// A round number that is no less than a value: 1, 2 or 5 times a power of ten; 1 for nothing.
    static func roundUp(_ value: Double) -> Double {
        guard value.isFinite, value > 0 else { return 1 }
        var power = 1.0
        while power * 10 <= value { power *= 10 }
        while power > value { power /= 10 }
        for factor in [1.0, 2, 5, 10] where power * factor >= value { return power * factor }
        return power * 10
    }

    /// Powers of ten that span values, the first no more than the least and the last no less than the largest.
    static func decades(_ values: [Double]) -> [Double] {
        let known = values.filter { $0.isFinite && $0 > 0 }
        guard let least = known.min(), let largest = known.max() else { return [1, 10] }
        // Below a nanosecond nothing is measured, and twelve decades are as many as can be read.
        var first = 1e-6
        while first * 10 <= least, first < 1e12 { first *= 10 }
        var decades = [first]
        while let last = decades.last, last < largest || decades.count < 2, decades.count < 16 {
            decades.append(last * 10)
        }
        return decades
    }

    /// Where a value lies between the ends of a logarithmic axis, 0 to 1.
    static func place(_ value: Double, among decades: [Double]) -> Double {
        guard decades.count > 1, value > decades[0] else { return 0 }
        for index in 1..<decades.count where value < decades[index] {
            let share = Self.logarithm(value / decades[index - 1])
            return (Double(index - 1) + share) / Double(decades.count - 1)
        }
        return 1
    }

    /// The decimal logarithm of a number from 1 to 10, to four digits: by halving, as 10^½, 10^¼, … are known.
    static func logarithm(_ value: Double) -> Double {
        var (rest, result, root, step) = (min(max(value, 1), 10), 0.0, 10.0, 1.0)
        for _ in 0..<14 {
            root = root.squareRoot()
            step /= 2
            if rest >= root {
                rest /= root
                result += step
            }
        }
        return result
    }
}
