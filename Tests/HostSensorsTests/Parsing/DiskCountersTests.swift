import Testing

@testable import HostSensors

@Suite struct DiskCountersTests {
    @Test func `columns that a kernel lacks are nil`() {
        let text = """
               8       0 sda 25354637 34367663 100334612 18492372 28444756 1 505697032 6 0 9653880 82621804
               8       0 sdb 326552 841 9657779 84 41822 2 19 5007 0 60730 67070 68851 0 1925173784 11130
               8       0 sdc 14202 71 579164 21861 2995 1589 180500 40875 0 11628 55200 0 0 0 0 127 182
            """
        let disks = parse(text) { DiskCounters.list(parsing: $0) }
        #expect(disks.map(\.name) == ["sda", "sdb", "sdc"])
        #expect(disks[0].weightedMilliseconds == 82_621_804)
        #expect(disks[0].discards == nil)
        #expect(disks[1].sectorsDiscarded == 1_925_173_784)
        #expect(disks[1].flushes == nil)
        #expect(disks[2].flushMilliseconds == 182)
    }

    @Test(arguments: [
        ("sda", true), ("sda1", false), ("sdaa", true), ("sdaa12", false), ("nvme0n1", true),
        ("nvme0n1p3", false),
        ("mmcblk0", true), ("mmcblk0p1", false), ("mmcblk0boot0", true), ("vdb", true), ("vdb2", false),
        ("xvda1", false), ("hda", true), ("ram0", false), ("loop7", false), ("fd0", false), ("sr0", true),
        ("dm-0", true), ("md127", true), ("zram0", true), ("rbd0", true), ("", true), ("7", true),
        ("sd", true),
    ])
    func `whole disks are told from partitions by name`(name: String, isWhole: Bool) {
        #expect(DiskCounters(major: 0, minor: 0, name: name).isWholeDisk == isWhole)
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `the recorded list is whole`() {
        let disks = parse(RecordedTrees.bytes("prometheus-procfs/fixtures/proc/diskstats")) {
            DiskCounters.list(parsing: $0)
        }
        #expect(disks.count == 52)
        let names = disks.filter(\.isWholeDisk).map(\.name)
        #expect(
            names == [
                "sda", "dm-0", "dm-1", "dm-2", "dm-3", "dm-4", "dm-5", "mmcblk0", "vda", "sr0", "nvme0n1",
                "sdb", "sdc",
            ]
        )
    }
}
